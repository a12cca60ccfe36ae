/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes a snapshot of a mount while its requests wait. */
#pragma once

#include "fuse/merge/fs.h"
#include "fuse/mount_snapshot.h"

/* Takes a snapshot for the request with the number UNIQUE. Returns 0, or one of the negative errnos
 * in fuse/mount_snapshot.h. The calling thread must not be inside the gate (gate.h). */
int take_snapshot(struct fs *fs, uint64_t unique, struct mount_snapshot *ret);
