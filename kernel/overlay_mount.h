/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes one overlay mount, by the newest interface that the kernel has. */
#pragma once

#include "common/shale.h"
#include "kernel/overlay_spec.h"

/*
 * Mounts OVERLAY at TARGET, complete or not at all, and without mount propagation. Uses fsopen(2)
 * and `lowerdir+` if the kernel has them (Linux 6.7), else mount(2). Returns a negative errno with
 * words on failure.
 */
int overlay_mount(const struct overlay *overlay, const char *target, struct shale_error *err);
