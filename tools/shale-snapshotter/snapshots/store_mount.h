/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Some snapshots must be mounted by the store, because the client cannot; the client then only
 * binds the store's mount. There are two kinds, both only where the kernel mounts:
 * - Active snapshots with mapped owners, if the kernel can map. The upper directory is mapped, too:
 * so new files get owners like the layers below, and no file must be changed.
 * - Active snapshots and views with more layers than fit into one page of mount options.
 * The mount lasts until the snapshot is committed or removed, even while no service runs. */
#pragma once

#include "tools/shale-snapshotter/snapshots/catalog.h"

/* Whether SNAPSHOT, on PARENT, has too many layers to be mounted by the client. */
bool store_mount_is_needed(const struct catalog *catalog, const struct snapshot *snapshot,
	const struct snapshot *parent);
/* If SNAPSHOT is of one of the two kinds, mounts it and notes where. If that fails, the client gets
 * a FUSE mount instead (mounts.h). The caller has claimed SNAPSHOT. */
void store_mount_begin(struct catalog *catalog, struct snapshot *snapshot);
/* Unmounts SNAPSHOT, if the store has mounted it. */
int store_mount_end(struct catalog *catalog, struct snapshot *snapshot, struct shale_error *err);
/* At the start of the service: mounts all snapshots of the two kinds that are not mounted. */
void store_mount_all(struct catalog *catalog);
