/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id-mapped mounts: the same files with other owners, and no chown. */
#pragma once

#include "common/shale.h"

/* Mounts the directory FROM at TO, with owners mapped as MAP says: lines "ON-DISK SEEN COUNT", the
 * form of /proc/PID/uid_map. Linux 5.12; -EINVAL or -EPERM where the filesystem or the namespace
 * cannot. */
int shale_idmap_mount(const char *from, const char *to, const char *map, struct shale_error *err);
