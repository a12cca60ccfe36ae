/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes the mount of a snapshot, which containerd makes. */
#pragma once

#include "tools/shale-snapshotter/snapshots/catalog.h"

#define MOUNT_OPTIONS_MAX 8

struct mount {
	const char *type, *source;
	char *path; /* SOURCE may point to it */
	char *options[MOUNT_OPTIONS_MAX];
	size_t n_options;
};

/* Returns the same mount for the same snapshot, always. The caller holds the catalog's lock. */
int mount_of(const struct catalog *catalog, struct snapshot *snapshot, struct mount *ret);
void mount_free(struct mount *mount);
