/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes the mount of a snapshot. containerd makes that mount. */
#pragma once

#include "tools/shale-snapshotter/snapshots/catalog.h"

#define MOUNT_OPTIONS_MAX 8

struct mount {
	const char *type, *source;
	char *path; /* memory that SOURCE may point to */
	char *options[MOUNT_OPTIONS_MAX];
	size_t n_options;
};

/* Tells whether the options of one kernel mount have room for the layers of a snapshot of KIND on
 * PARENT. */
bool mount_fits(
	const struct catalog *catalog, enum snapshot_kind kind, const struct snapshot *parent);
/* Describes the mount of SNAPSHOT. The answer for a snapshot never changes. The caller holds the
 * catalog's lock. */
int mount_of(const struct catalog *catalog, struct snapshot *snapshot, struct mount *ret);
void mount_free(struct mount *mount);
