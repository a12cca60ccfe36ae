/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rewrites a layer so that it needs no redirects and no metacopies. Copies the directories that
 * redirects lead to, gives metacopies their data, and links all other files. */
#pragma once

#include "common/base/progress.h"
#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"

struct resolve_redirects {
	int layer; /* the layer's root */
	int view;  /* root of a mount of the layer and of those below it */
	int to;    /* an empty directory on the layer's filesystem */
	int work;  /* another empty directory, for files that are not complete yet */
	int links; /* another empty directory, for files with several names */
	enum xattr_class class;
	struct progress *progress; /* may be NULL */
};

/* Writes the rewritten layer to TO. Needs a few descriptors for each level of directories. After an
 * error the caller removes what is left in the directories. */
int resolve_redirects_run(const struct resolve_redirects *what, struct shale_error *err);
