/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes a directory tree of any depth with only three descriptors. */
#pragma once

/* Removes the directory NAME of DIRFD. Directories found inside are moved into SCRATCH first, a
 * directory on the same filesystem, under names ".wh..rm.N" that no layer may use; *COUNTER makes
 * these names unique and is kept by the caller. */
int remove_tree(int dirfd, const char *name, int scratch, unsigned long *counter);
