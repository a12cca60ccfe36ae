/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME/l/: short names of the layers' diff/ directories, to keep mount options short. */
#pragma once

#include "common/shale.h"
#include "common/store/id.h"

/* Makes l/SHORT -> ../ID/diff; not durable before a syncfs or fsync of l/. */
int link_make(const struct shale_store *store, const char *name, const char *id);
/* The id of the layer that l/SHORT leads to. -ENOENT; -EINVAL if it is no such link. */
int link_read(const struct shale_store *store, const char *name, char ret_id[ID_MAX + 1]);
/* The short name that the layer directory DIR says is its own. */
int link_of(int dir, char ret[SHORT_LEN + 1]);

/* Removes the link of the layer directory DIR, which is a leftover or trash, unless the link now
 * belongs to a layer that is in its place in HOME. Negative if it is still there. */
int link_drop(const struct shale_store *store, int dir);
/* Removes l/SHORT if no layer has it; 1 if it was removed. */
int link_drop_stale(const struct shale_store *store, const char *name);
