/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the processes that use a mount, as far as this process can see them in /proc. */
#pragma once

#include "common/shale.h"

#include <stdbool.h>

/* Puts the first few users of the mount at the absolute path TARGET into ERR's words ("pid name",
 * and mounts below it), with a remedy, and returns CODE. */
int users_fail(int code, const char *target, struct shale_error *err);

/* True if this process is in a user namespace other than the initial one, so that its root is not
 * the host's. */
bool in_user_namespace(void);
