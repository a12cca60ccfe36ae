/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes to an image config that a user writes as KEY=VALUE. */
#pragma once

#include <stddef.h>
#include <jansson.h>

#include "common/shale.h"

/*
 * The keys are those of "config" in OCI image-spec, config.md, in any case:
 *  - Env=NAME=VALUE, Labels=NAME=VALUE: takes the place of what NAME had.
 *  - Entrypoint=, Cmd=: a JSON array of strings, or a line for /bin/sh -c. Without a Cmd beside it,
 *    Entrypoint drops the Cmd that was meant for the one before, as Docker does.
 *  - User=, WorkingDir=, StopSignal=: a string.
 *  - ExposedPorts=80/tcp, Volumes=/data: one more of them.
 * An empty VALUE takes the whole key away. -EINVAL for anything else.
 */
int config_change(json_t *config, const char *const *changes, size_t n, struct shale_error *err);
