/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One overlay mount, through the newest interface that the kernel has. */
#pragma once

#include "common/shale.h"
#include "kernel/overlay_spec.h"

/*
 * Mounts OVERLAY at TARGET, where it appears complete or not at all, and takes no part in mount
 * propagation. Asks through fsopen(2) and `lowerdir+` where the kernel has them (Linux 6.7), else
 * through mount(2). Negative errno with words.
 */
int overlay_mount(const struct overlay *overlay, const char *target, struct shale_error *err);
