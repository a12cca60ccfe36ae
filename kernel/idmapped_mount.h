/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id-mapped mounts: show files with other owners, without chown. */
#pragma once

#include "common/overlay/idmap.h"
#include "common/shale.h"

/* Makes a user namespace with these maps, the disk's ids inside and the shown ones outside; returns
 * a descriptor. */
int idmap_namespace(const struct idmap *uids, const struct idmap *gids, struct shale_error *err);

/* Clones the mount of the directory FROM, with owners mapped by NAMESPACE, attached nowhere. Linux
 * 5.12; -EINVAL or -EPERM if the filesystem or the namespace cannot do it. */
int idmap_clone(const char *from, int namespace, struct shale_error *err);
/* Attaches TREE at TO. */
int idmap_attach(int tree, const char *to, struct shale_error *err);
/* Clones FROM and attaches it at TO, which may be FROM. */
int idmap_mount(const char *from, const char *to, int namespace, struct shale_error *err);

/* Makes the calling thread, for the rest of its life, create files as the root that the maps show:
 * in a mapped directory only mapped ids can own files (-EOVERFLOW). It keeps its privileges. The
 * kernel goes on making an overlay's whiteouts and work files with the ids of its mounter. */
int idmap_become_root(const struct idmap *uids, const struct idmap *gids);
