/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id-mapped mounts: the same files with other owners, and no chown. */
#pragma once

#include "common/overlay/idmap.h"
#include "common/shale.h"

/* A descriptor of a user namespace with these maps, the disk's ids inside it and those that are
 * shown outside. */
int idmap_namespace(const struct idmap *uids, const struct idmap *gids, struct shale_error *err);

/* A mount of the directory FROM, attached nowhere, with owners mapped by NAMESPACE. Linux 5.12;
 * -EINVAL or -EPERM where the filesystem or the namespace cannot. */
int idmap_clone(const char *from, int namespace, struct shale_error *err);
/* Attaches it at TO. */
int idmap_attach(int tree, const char *to, struct shale_error *err);
/* Both; TO may be FROM. */
int idmap_mount(const char *from, const char *to, int namespace, struct shale_error *err);

/* Makes the calling thread, for the rest of its life, own the files that it makes as the root that
 * the maps show, whom it needs to be in mapped directories: nobody else can own anything there
 * (-EOVERFLOW). It keeps its privileges. The mounter of an overlay goes on making whiteouts and
 * work files as who it was then. */
int idmap_become_root(const struct idmap *uids, const struct idmap *gids);
