/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The privileges of a command: the capabilities that Docker leaves to a container. */
#pragma once

#include "common/shale.h"

#include <stdbool.h>

/* Bounds what this process and all that it starts can ever get. NO_NEW: nor do set-uid programs and
 * file capabilities give anything any more. */
int privileges_bound(bool no_new, struct shale_error *err);
/* Gives up what is beyond the bounds. */
int privileges_drop(struct shale_error *err);
