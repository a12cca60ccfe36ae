/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ioctl that asks a mount for its statistics, on any of its directories. The answer is text that
 * ends with a NUL: one line for each figure, its name and a number. */
#pragma once

#include <sys/ioctl.h>

#define MOUNT_STATS_SIZE 8192
#define MOUNT_STATS      _IOR('s', 0x68, char[MOUNT_STATS_SIZE])
