/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a mount's daemon to freeze its upper layer. */
#pragma once

#include "common/shale.h"
#include "fuse/mount_snapshot.h"

/* TARGET: the mount point. Returns 0, or a negative errno with words: see fuse/mount_snapshot.h for
 * which they are, and for what the caller makes before and looks at afterwards. -ETIMEDOUT: the
 * daemon may still take the snapshot. */
int mount_snapshot(const char *target, struct mount_snapshot *ret, struct shale_error *err);
