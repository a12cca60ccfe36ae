/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root directory of a layer, wherever its files lie, and how a mount is told of it. No part of
 * the way there may be a symbolic link but those that the store made itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/shale.h"

/* The root of the layer ID, opened for reading. *RET_ADOPTED: it is another engine's. -ELOOP or
 * -ENOTDIR where something else stands in the way. */
int root_open(const struct shale_store *store, const char *id, bool *ret_adopted);

/* The lower layers of a mount, topmost first, relative to HOME. Those that lie elsewhere are named
 * by a descriptor, /proc/self/fd/N, which is open for as long as this is. */
struct lowers {
	char **names;
	size_t n;
	int *fds;
	size_t n_fds;
};
/* Room for N. */
int lowers_init(struct lowers *lowers, size_t n);
/* NAME: "l/SHORT", or another name in HOME. */
int lowers_add(struct lowers *lowers, const struct shale_store *store, const char *name,
	struct shale_error *err);
void lowers_close(struct lowers *lowers);
#define auto_lowers __attribute__((cleanup(lowers_close)))
