/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes an overlay mount through a filesystem context: fsopen(2), fsconfig(2), fsmount(2). */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "kernel/overlay_spec.h"

/* Mounts like overlay_mount. Returns -ENOSYS without words, with nothing done, if this kernel or a
 * seccomp filter does not allow all of these calls. */
int overlay_mount_context(
	const struct overlay *overlay, const char *target, struct shale_error *err);

/* Whether overlay_mount_context works here, that is, does not return -ENOSYS. */
bool overlay_has_context(void);
