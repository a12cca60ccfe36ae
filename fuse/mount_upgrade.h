/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a mount to go on with the program that is installed now: an ioctl of any of its directories,
 * for root and the user who mounted. */
#pragma once

#include <stdint.h>
#include <sys/ioctl.h>

/* How often that was done since the mount was made, and how often refused because the installed
 * program cannot take over. */
struct mount_upgrades {
	uint32_t done, refused;
};

/* Begins an upgrade, and answers with the counts before it. EOPNOTSUPP: the mount was made
 * without a keeper; EPERM. */
#define MOUNT_UPGRADE _IOR('s', 0x69, struct mount_upgrades)
/* The counts. */
#define MOUNT_UPGRADES _IOR('s', 0x6a, struct mount_upgrades)
