/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes an overlay mount through a filesystem context: fsopen(2), fsconfig(2), fsmount(2). */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "kernel/overlay_spec.h"

/* Like overlay_mount. -ENOSYS without words, with nothing done: this kernel, or a seccomp filter,
 * does not allow all of these calls. */
int overlay_mount_context(
	const struct overlay *overlay, const char *target, struct shale_error *err);

/* True if overlay_mount_context would not return -ENOSYS. */
bool overlay_has_context(void);
