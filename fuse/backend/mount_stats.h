/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a mount's daemon for its statistics. */
#pragma once

#include "common/shale.h"

/* The function stats of struct backend_ops (common/backend.h). */
int mount_stats_ask(const char *target, shale_pair_fn *fn, void *arg, struct shale_error *err);
