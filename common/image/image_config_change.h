/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes to an image config that a user writes as KEY=VALUE. */
#pragma once

#include <stddef.h>
#include <jansson.h>

#include "common/shale.h"

/* Makes the N CHANGES, "KEY=VALUE" each. The keys are those of "config" in OCI image-spec,
 * config.md, in upper or lower case:
 *  - Env=NAME=VALUE, Labels=NAME=VALUE: sets NAME, or replaces its value.
 *  - Entrypoint=, Cmd=: a JSON array of strings, or a line for /bin/sh -c. A new Entrypoint deletes
 *  Cmd unless CHANGES has a Cmd, too: the old Cmd was meant for the old Entrypoint. Docker does the
 *  same.
 *  - User=, WorkingDir=, StopSignal=: a string.
 *  - ExposedPorts=80/tcp, Volumes=/data: adds one.
 * An empty VALUE removes the key. Returns -EINVAL for any other change. */
int config_change(json_t *config, const char *const *changes, size_t n, struct shale_error *err);
