/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root filesystem of a container: a layer with /proc, /dev and the user's volumes. */
#pragma once

#include "common/shale.h"

#include <stdbool.h>
#include <stddef.h>

/* A file or directory of the host that the container sees. */
struct rootfs_volume {
	const char *source; /* path on the host */
	const char *target; /* absolute, in the container */
	bool read_only;
};

/* Makes PATH the root directory of this process. Afterwards it can reach no other file of the host
 * but the volumes. Call it in a mount namespace of its own. */
int rootfs_enter(const char *path, const struct rootfs_volume *volumes, size_t n_volumes,
	struct shale_error *err);
