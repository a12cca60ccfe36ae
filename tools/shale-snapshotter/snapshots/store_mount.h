/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots that the store mounts, because the client cannot; the client's mount is a bind of the
 * store's. There are two kinds, both where the kernel mounts:
 * - Active snapshots with mapped owners, if the kernel can map. The upper directory is mapped too:
 *   so new files have the owners of the layers below on the disk, and no file is changed.
 * - Active snapshots and views with more layers than a client can name in one page of options.
 * The mount lasts until the snapshot is committed or removed, also while no service runs.
 */
#pragma once

#include "tools/shale-snapshotter/snapshots/catalog.h"

/* Whether SNAPSHOT, on PARENT, has too many layers for a mount of the client's. */
bool store_mount_is_needed(const struct catalog *catalog, const struct snapshot *snapshot,
	const struct snapshot *parent);
/* Mounts SNAPSHOT if it is of one of the two kinds, and notes where. If that cannot be done, the
 * client gets a FUSE mount of its own (see mounts.h). Nobody else may use SNAPSHOT meanwhile. */
void store_mount_begin(struct catalog *catalog, struct snapshot *snapshot);
/* Does nothing without such a mount. */
int store_mount_end(struct catalog *catalog, struct snapshot *snapshot, struct shale_error *err);
/* After a start of the service: mounts all such snapshots that are not mounted. */
void store_mount_all(struct catalog *catalog);
