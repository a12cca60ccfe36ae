/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ioctl that makes the daemon of a mount continue as the installed program. It can be sent to
 * any directory of the mount, by root and by the user who mounted. */
#pragma once

#include <stdint.h>
#include <sys/ioctl.h>

/* Counts of upgrades since the mount was made: done, and refused because the installed program
 * cannot take over. */
struct mount_upgrades {
	uint32_t done, refused;
};

/* Begins an upgrade, and returns the counts before it. Returns EOPNOTSUPP if the mount has no
 * keeper, EPERM for other users. */
#define MOUNT_UPGRADE _IOR('s', 0x69, struct mount_upgrades)
/* Returns the counts; begins no upgrade. */
#define MOUNT_UPGRADES _IOR('s', 0x6a, struct mount_upgrades)
