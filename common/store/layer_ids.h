/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ids of all layers, and the users of one layer. */
#pragma once

#include <stddef.h>

#include "common/base/witness.h"
#include "common/shale.h"

struct ids {
	char **ids;
	size_t n;
};
/* Reads the ids of all layers, sorted. Another process may remove a layer before the caller looks
 * at it. */
int layer_ids_read(const struct shale_store *store, struct ids *ret, struct shale_error *err);
void layer_ids_free(struct ids *ids);
#define auto_ids __attribute__((cleanup(layer_ids_free)))

/* Facts about a layer's mount. The caller frees the strings, except const ones; they are NULL if
 * the layer is not mounted. */
struct mount_use {
	char *backend, *owners;
	const char *state; /* one of the words of liveness_word */
	/* how often daemons were replaced, over all FUSE mounts of the layer */
	struct witness_replaced replaced;
};
/* Returns the number of users of the layer's mount; 0 if it is not mounted. Changes nothing, and
 * never waits for a daemon that hangs. RET may be NULL. */
int layer_users(const struct shale_store *store, const char *id, struct mount_use *ret,
	struct shale_error *err);
