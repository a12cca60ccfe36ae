/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ids of all layers, and the users of one. */
#pragma once

#include <stddef.h>

#include "common/shale.h"

struct ids {
	char **ids;
	size_t n;
};
/* Sorted. Some may be gone by the time they are looked at. */
int ids_read(const struct shale_store *store, struct ids *ret, struct shale_error *err);
void ids_free(struct ids *ids);
#define auto_ids __attribute__((cleanup(ids_free)))

/* More facts about a layer's mount. The strings that are not const are the caller's to free;
 * NULL if it is not mounted. */
struct mount_use {
	char *backend, *owners;
	const char *state; /* as liveness_word */
};
/* How many uses the layer's mount has; 0 if it is not mounted. Changes nothing, and waits for
 * nobody for long. RET may be NULL. */
int layer_users(const struct shale_store *store, const char *id, struct mount_use *ret,
	struct shale_error *err);
