/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens the root directory of a layer, wherever its files lie, and makes its name for a mount.
 * Follows only symbolic links that the store itself has made. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/shale.h"

/* Opens the root of the layer ID for reading. *RET_ADOPTED tells whether it is another engine's.
 * Returns -ELOOP or -ENOTDIR if a part of the path has the wrong type. */
int root_open(const struct shale_store *store, const char *id, bool *ret_adopted);

/* The lower layers of a mount, topmost first, relative to HOME. A layer outside HOME is named by
 * a descriptor, /proc/self/fd/N, which is open until lowers_free. */
struct lowers {
	char **names;
	size_t n;
	int *fds;
	size_t n_fds;
};
/* Makes room for N layers. */
int lowers_init(struct lowers *lowers, size_t n);
/* Adds the lower layer NAME: "l/SHORT", or another name in HOME. */
int lowers_add(struct lowers *lowers, const struct shale_store *store, const char *name,
	struct shale_error *err);
void lowers_close(struct lowers *lowers);
#define auto_lowers __attribute__((cleanup(lowers_close)))
