/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When two files count as one and the same. */
#pragma once

#include "common/archive/diff/walk.h"

/* Docker's rule (pkg/archive/changes_linux.go): mode, owner, device number, capabilities; of what
 * is no directory also size and mtime, in whole seconds where either has no fraction. 1: they
 * differ, 0, or a negative errno. BELOW is an entry of what walk_below gives. */
int diff_differs(struct walk_dir *dir, const struct stack_entry *above,
	const struct stack_entry *below, struct shale_error *err);
