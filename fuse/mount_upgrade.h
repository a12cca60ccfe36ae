/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ioctl that makes a mount's daemon go on as the program that is installed now. Any directory of
 * the mount takes it, from root and the user who mounted. */
#pragma once

#include <stdint.h>
#include <sys/ioctl.h>

/* How many upgrades were done since the mount was made, and how many were refused because the
 * installed program cannot take over. */
struct mount_upgrades {
	uint32_t done, refused;
};

/* Begins an upgrade, and returns the counts before it. Fails with EOPNOTSUPP if the mount was made
 * without a keeper, and EPERM for other users. */
#define MOUNT_UPGRADE _IOR('s', 0x69, struct mount_upgrades)
/* Returns the counts, and begins nothing. */
#define MOUNT_UPGRADES _IOR('s', 0x6a, struct mount_upgrades)
