/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The privileges of a command: the capabilities that Docker gives a container. */
#pragma once

#include "common/shale.h"

#include <stdbool.h>

/* Limits the privileges that this process and its children can ever get. NO_NEW: not even set-uid
 * programs and file capabilities give any. */
int privileges_bound(bool no_new, struct shale_error *err);
/* Drops the privileges above that limit. */
int privileges_drop(struct shale_error *err);
