/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The question for a mount's statistics: an ioctl of its root directory, or any other of its
 * directories. The answer is text that ends with a 0: a line a figure, its name and a number. */
#pragma once

#include <sys/ioctl.h>

#define MOUNT_STATS_SIZE 8192
#define MOUNT_STATS      _IOR('s', 0x68, char[MOUNT_STATS_SIZE])
