/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a directory is seen through an id-mapped mount (mount_setattr(2)). */
#pragma once

#include <stdbool.h>

/* False also if that cannot be found out. */
bool mount_is_idmapped(const char *path);
