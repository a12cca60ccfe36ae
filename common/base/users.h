/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the processes that use a mount, as far as /proc shows them to this process. */
#pragma once

#include "common/shale.h"

#include <stdbool.h>

/* Puts the first few users of the mount at the absolute path TARGET into ERR's words ("pid name",
 * mounts below it), with what can be done, and returns CODE. */
int users_fail(int code, const char *target, struct shale_error *err);

/* This process's root is not the host's: it lives in a user namespace. */
bool in_user_namespace(void);
