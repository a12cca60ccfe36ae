/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME/l/: short names for the layers' diff/ directories, which keep mount options short. */
#pragma once

#include "common/shale.h"
#include "common/store/id.h"

/* Makes the link l/SHORT -> ../ID/diff. It is durable only after a syncfs or an fsync of l/. */
int link_make(const struct shale_store *store, const char *name, const char *id);
/* Returns the id of the layer that l/SHORT leads to. Fails with -ENOENT; -EINVAL if it is not
 * such a link. */
int link_read(const struct shale_store *store, const char *name, char ret_id[ID_MAX + 1]);
/* Reads the short name in the file "link" of the layer directory DIR. */
int link_of(int dir, char ret[SHORT_LEN + 1]);

/* DIR is a leftover, or a layer in the trash. Removes its link l/SHORT, unless a layer in HOME uses
 * that link now. Returns a negative errno if the link could not be removed. */
int link_drop(const struct shale_store *store, int dir);
/* Removes l/SHORT if no layer uses it. Returns 1 if it was removed. */
int link_drop_stale(const struct shale_store *store, const char *name);
