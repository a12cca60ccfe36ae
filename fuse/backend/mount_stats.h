/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of a mount that a daemon serves. */
#pragma once

#include "common/shale.h"

/* As the stats of struct backend_ops. */
int mount_stats_ask(const char *target, shale_pair_fn *fn, void *arg, struct shale_error *err);
