/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a snapshot is mounted: by containerd, which is only told. */
#pragma once

#include "tools/shale-snapshotter/snapshots/catalog.h"

#define MOUNT_OPTIONS_MAX 8

struct mount {
	const char *type, *source;
	char *path; /* that SOURCE may be */
	char *options[MOUNT_OPTIONS_MAX];
	size_t n_options;
};

/* The same for the same snapshot, always. With the catalog's lock held. */
int mount_of(const struct catalog *catalog, struct snapshot *snapshot, struct mount *ret);
void mount_free(struct mount *mount);
