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

/* Whether a client can name the layers of a snapshot of KIND, on PARENT, in a mount of the
 * kernel's. */
bool mount_fits(
	const struct catalog *catalog, enum snapshot_kind kind, const struct snapshot *parent);
/* Returns the same mount for the same snapshot, always. The caller holds the catalog's lock. */
int mount_of(const struct catalog *catalog, struct snapshot *snapshot, struct mount *ret);
void mount_free(struct mount *mount);
