/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a command in a layer, with its own mounts, processes and IPC, and with no more privileges
 * than Docker gives. */
#pragma once

#include "common/shale.h"
#include "tools/shale/container/container_spec.h"

/* Runs the command to its end. Returns its exit status; 128 and the number of the signal that
 * killed it; 126 or 127 if it cannot be executed or found. All processes that it started have ended
 * then. Returns a negative errno if nothing could be started; 1, with words on standard error, if
 * the container could not be set up. */
int container_run(const struct container *container, struct shale_error *err);
