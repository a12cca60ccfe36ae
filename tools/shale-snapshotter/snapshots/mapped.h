/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Active snapshots with mapped owners, where the kernel mounts and can map: the store mounts the
 * layer, with its upper directory mapped too, and the client's mount is a bind of it. So new files
 * have the owners of the layers below on the disk, and no file is changed. The mount lasts until
 * the snapshot is committed or removed, also while no service runs.
 */
#pragma once

#include "tools/shale-snapshotter/snapshots/catalog.h"

/* Mounts SNAPSHOT if it is such a one, and notes where. If that cannot be done, the client gets a
 * FUSE mount of its own (see mounts.h). Nobody else may use SNAPSHOT meanwhile. */
void mapped_mount(struct catalog *catalog, struct snapshot *snapshot);
/* Does nothing without such a mount. */
int mapped_unmount(struct catalog *catalog, struct snapshot *snapshot, struct shale_error *err);
/* After a start of the service: mounts all such snapshots that are not mounted. */
void mapped_mount_all(struct catalog *catalog);
