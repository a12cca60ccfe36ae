/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ids of all layers. */
#pragma once

#include <stddef.h>

#include "common/shale.h"

struct shale_ids {
	char **ids;
	size_t n;
};
/* Sorted. Some may be gone by the time they are looked at. */
int shale_ids_read(const struct shale_store *store, struct shale_ids *ret, struct shale_error *err);
void shale_ids_free(struct shale_ids *ids);
#define auto_ids __attribute__((cleanup(shale_ids_free)))

/* How many uses the layer's mount has; 0 if it is not mounted. Takes the layer's lock. RET_BACKEND
 * (may be NULL), for the caller to free: who mounted it, NULL if it is not mounted. */
int shale_layer_users(const struct shale_store *store, const char *id, char **ret_backend,
	char **ret_owners, struct shale_error *err);
