/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out which layers the mounts that containerd sends would show. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "tools/shale-snapshotter/proto/snapshots.pb-c.h"
#include "tools/shale-snapshotter/snapshots/catalog.h"

struct stack {
	char **layers; /* ids of the layers, topmost first */
	size_t n;
	bool writable; /* the topmost layer is written to */
};

/* Finds the layers of MOUNTS. Returns -EOPNOTSUPP if the mounts do not look like those that
 * snapshots/mounts.c makes for layers of this store. */
int stack_of(const struct catalog *catalog, Pb__Mount *const *mounts, size_t n, struct stack *ret);
void stack_free(struct stack *stack);
#define auto_stack __attribute__((cleanup(stack_free)))
