/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides whether two files count as the same. */
#pragma once

#include "common/archive/diff/walk.h"

/* Compares a file with the lower file of its name by Docker's rule
 * (pkg/archive/changes_linux.go): mode, owner, device number, capabilities; except for
 * directories also size and mtime, in whole seconds if either time has no fraction. Returns 1 if
 * they differ, 0, or a negative errno. BELOW is an entry of a directory from walk_below. */
int diff_differs(struct walk_dir *dir, const struct stack_entry *above,
	const struct stack_entry *below, struct shale_error *err);
