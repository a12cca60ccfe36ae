/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root directory of what is compared, which has no name in any directory. */
#pragma once

#include "common/archive/pax.h"
#include "common/archive/diff/walk.h"

struct diff_root {
	struct stat st;
	struct pax_records records; /* its xattrs; to be freed */
	/* Mode, owner or xattrs are others than those of the root below. Its time does not count:
	 * it says that a name in it has come or gone, which is told by itself. */
	bool differs;
};

/* Compares the root of the layers above, ROOT, with that of the layers below; without any, with
 * what a layer's root is whose tar says nothing of it: 0755, owned by 0:0. */
int diff_root(struct walk_dir *root, struct diff_root *ret, struct shale_error *err);

static inline void cleanup_diff_root(struct diff_root *root)
{
	pax_records_free(&root->records);
}
#define auto_diff_root __attribute__((cleanup(cleanup_diff_root)))
