/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every name in the tree of an upper layer, of any depth, also while somebody works in it. */
#pragma once

/* Tells FN of each name below UPPER, a directory. What moves away meanwhile may be missed. 0 or a
 * negative errno. */
typedef void shale_uppertree_fn(void *arg, int dirfd, const char *name);
int shale_uppertree_each(int upper, shale_uppertree_fn *fn, void *arg);
