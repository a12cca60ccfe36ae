/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One overlay mount: what it is made of, and how the kernel is asked for it. */
#pragma once

#include <stddef.h>

#include "common/shale.h"

/* Names are absolute, or relative to the working directory. */
struct overlay {
	const char *const *lowers; /* topmost first */
	size_t n_lowers;
	const char *upper; /* NULL: read-only */
	const char *work;  /* NULL exactly when UPPER is */
	const char *label; /* SELinux context, or NULL */
	/* "KEY" or "KEY=VALUE", to the end NULL; values without commas. */
	const char *const *options;
};

/*
 * Mounts OVERLAY at TARGET, where it appears complete or not at all, and takes no part in mount
 * propagation. Asks through fsopen(2) and `lowerdir+` where the kernel has them (Linux 6.7), else
 * through mount(2). Negative errno with words.
 */
int overlay_mount(const struct overlay *overlay, const char *target, struct shale_error *err);
