/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the daemon of a mount to continue as the installed program. */
#pragma once

#include "common/shale.h"

/* The function upgrade of struct backend_ops (common/backend.h). */
int mount_upgrade(const char *target, struct shale_error *err);
