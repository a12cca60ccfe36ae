/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses how a mount shows inode numbers (xino.h) for its layers. Within the merge filesystem
 * only. */
#pragma once

#include "fuse/merge/state.h"

/* Chooses the numbers. The layers must be open. */
void xino_set_up(struct fs *fs, enum xino_option option);
