/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id-mapped mounts: they show files with other owners, without chown. */
#pragma once

#include "common/overlay/idmap.h"
#include "common/shale.h"

/* Makes a user namespace with these maps: inside are the ids of the disk, outside the ids that are
 * shown. Returns a descriptor of the namespace. */
int idmap_namespace(const struct idmap *uids, const struct idmap *gids, struct shale_error *err);

/*
 * Clones the mount of the directory FROM, with owners mapped by NAMESPACE. The clone is not
 * attached. Needs Linux 5.12; returns -EINVAL or -EPERM if the filesystem or the namespace cannot
 * do it.
 */
int idmap_clone(const char *from, int namespace, struct shale_error *err);
/* Attaches TREE at TO. */
int idmap_attach(int tree, const char *to, struct shale_error *err);
/* Clones the mount of FROM, mapped by NAMESPACE, and attaches the clone at TO, which may be
 * FROM. */
int idmap_mount(const char *from, const char *to, int namespace, struct shale_error *err);

/* For the rest of its life the calling thread creates files as the root that the maps show: in a
 * mapped directory only mapped ids can own files (-EOVERFLOW). The thread keeps its privileges.
 * Whiteouts and work files of an overlay still belong to the ids of its mounter. */
int idmap_become_root(const struct idmap *uids, const struct idmap *gids);
