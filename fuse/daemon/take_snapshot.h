/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes a snapshot of a mount while its requests wait. */
#pragma once

#include "fuse/merge/fs.h"
#include "fuse/mount_snapshot.h"

/* For the request UNIQUE, as the kernel numbers it. 0 or a negative errno: see mount_snapshot.h.
 * The caller is not inside the gate. */
int take_snapshot(struct fs *fs, uint64_t unique, struct mount_snapshot *ret);
