/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the daemon of a mount to freeze its upper layer. */
#pragma once

#include "common/shale.h"
#include "fuse/mount_snapshot.h"

/* TARGET is the mount point. Returns 0, or a negative errno with words. fuse/mount_snapshot.h lists
 * the errors, and says which files the caller makes before and looks at afterwards. After
 * -ETIMEDOUT the daemon may still take the snapshot. */
int mount_snapshot(const char *target, struct mount_snapshot *ret, struct shale_error *err);
