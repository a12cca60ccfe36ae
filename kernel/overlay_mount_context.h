/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An overlay mount through a filesystem context: fsopen(2), fsconfig(2), fsmount(2). */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "kernel/overlay_spec.h"

/* As overlay_mount. -ENOSYS without words: this kernel, or the filter that the process is
 * under, does not have all of it, and nothing was done. */
int overlay_mount_context(
	const struct overlay *overlay, const char *target, struct shale_error *err);

/* True if overlay_mount_context would get beyond -ENOSYS. */
bool overlay_has_context(void);
