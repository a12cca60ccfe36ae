/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command in a layer: with mounts, processes and IPC of its own, and no more privileges than
 * Docker gives. */
#pragma once

#include "common/shale.h"
#include "tools/shale/container/container_spec.h"

/* Runs it to its end: its exit status, 128 and the number of the signal that killed it, 126 or 127
 * if it cannot be executed or found. All that it started is gone then. A negative errno if nothing
 * could be started; 1, after words on standard error, if the container could not be set up. */
int container_run(const struct container *container, struct shale_error *err);
