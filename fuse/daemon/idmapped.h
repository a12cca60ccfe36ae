/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells whether a directory is seen through an id-mapped mount (mount_setattr(2)). */
#pragma once

#include <stdbool.h>

/* Returns false also if the system does not tell. */
bool mount_is_idmapped(const char *path);
