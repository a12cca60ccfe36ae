/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the processes that use a mount, as far as /proc shows them to this process. */
#pragma once

#include "common/shale.h"

/* Adds the first few users of the mount at the absolute path TARGET to ERR's words ("pid name", and
 * mounts below it), with a remedy. Returns CODE. */
int mount_users_fail(int code, const char *target, struct shale_error *err);
