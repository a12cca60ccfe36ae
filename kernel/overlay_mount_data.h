/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An overlay mount through mount(2), whose options have to fit into one page. */
#pragma once

#include "common/shale.h"
#include "kernel/overlay_spec.h"

/* As overlay_mount. Where the names of the layers do not fit, they are told as descriptor
 * numbers from inside /proc/self/fd: the working directory of the calling thread, which must not
 * share it with others, is there for a moment. -E2BIG if even those do not fit. */
int overlay_mount_data(const struct overlay *overlay, const char *target, struct shale_error *err);
