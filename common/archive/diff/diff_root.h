/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares the root directories. They need a function of their own, because no directory has an
 * entry for them. */
#pragma once

#include "common/archive/pax.h"
#include "common/archive/diff/walk.h"

struct diff_root {
	struct stat st;
	struct pax_records records; /* the root's xattrs; the caller frees them */
	/* Mode, owner or xattrs differ from the root below. The time is ignored: it only tells
	 * that a name was made or removed in the root, and the diff lists that name. */
	bool differs;
};

/* Compares ROOT, the root of the layers above, with the root of the layers below. If there are no
 * layers below, compares it with the default for a tar without a root entry: 0755, owner 0:0. */
int diff_root(struct walk_dir *root, struct diff_root *ret, struct shale_error *err);

static inline void cleanup_diff_root(struct diff_root *root)
{
	pax_records_free(&root->records);
}
#define auto_diff_root __attribute__((cleanup(cleanup_diff_root)))
