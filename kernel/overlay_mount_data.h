/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes an overlay mount through mount(2), whose options must fit into one page. */
#pragma once

#include "common/shale.h"
#include "kernel/overlay_spec.h"

/* Mounts like overlay_mount. If the names of the layers do not fit, uses descriptor numbers: these
 * are names below /proc/self/fd, which becomes the thread's working directory for a moment. So the
 * thread must not share its working directory with others. Returns -E2BIG if not even the numbers
 * fit. */
int overlay_mount_data(const struct overlay *overlay, const char *target, struct shale_error *err);
