/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the inode numbers that a mount shows (xino.h) by its layers. Within the merge filesystem
 * only. */
#pragma once

#include "fuse/merge/state.h"

/* Looks at the layers, which are open. */
void xino_set_up(struct fs *fs, enum xino_option option);
