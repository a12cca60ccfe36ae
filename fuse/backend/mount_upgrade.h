/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a mount's daemon to go on as the program that is installed now. */
#pragma once

#include "common/shale.h"

/* The function upgrade of struct backend_ops (common/backend.h). */
int mount_upgrade(const char *target, struct shale_error *err);
