/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes the mount of a snapshot for containerd, which then makes it. */
#pragma once

#include "tools/shale-snapshotter/snapshots/catalog.h"

#define MOUNT_OPTIONS_MAX 8

struct mount {
	const char *type, *source;
	char *path; /* memory for SOURCE; may be NULL */
	char *options[MOUNT_OPTIONS_MAX];
	size_t n_options;
};

/* Tells whether the layers of a snapshot of KIND on PARENT fit into the options of one mount(2). */
bool mount_fits(
	const struct catalog *catalog, enum snapshot_kind kind, const struct snapshot *parent);
/* Describes the mount of SNAPSHOT. The answer for a snapshot never changes. The caller holds the
 * catalog's lock. */
int mount_of(const struct catalog *catalog, struct snapshot *snapshot, struct mount *ret);
void mount_free(struct mount *mount);
