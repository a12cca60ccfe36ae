/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer written anew so that it stands by itself: directories that redirects lead to are copied
 * whole, metacopies get their data, and all else is linked. */
#pragma once

#include "common/base/progress.h"
#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"

struct flatten_run {
	int layer; /* the layer's root */
	int view;  /* root of a mount of the layer and those below */
	int to;    /* an empty directory on the layer's filesystem */
	int work;  /* another one, for what is half made */
	int links; /* another one, for files with several names */
	enum xattr_class class;
	struct progress *progress; /* may be NULL */
};

/* Needs a few descriptors for each level of directories. What is left in the directories after an
 * error is the caller's to remove. */
int flatten_run(const struct flatten_run *what, struct shale_error *err);
