/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells whether a directory is seen through an id-mapped mount (mount_setattr(2)). */
#pragma once

#include <stdbool.h>

/* Whether the mount of PATH is id-mapped. Returns false also if that cannot be found out. */
bool mount_is_idmapped(const char *path);
