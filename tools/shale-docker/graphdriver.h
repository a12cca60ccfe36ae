/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The graphdriver: a store, and the settings that dockerd gave for all its layers. */
#pragma once

#include <pthread.h>

#include "tools/shale-docker/settings.h"

enum { LAYER_LOCKS = 64 };

struct driver {
	struct shale_store *store;
	struct settings settings;
	/* Locks that are chosen by a layer's id. Held while the layer is mounted or unmounted,
	 * because that may take several calls of the library. */
	pthread_mutex_t locks[LAYER_LOCKS];
};

int driver_open(
	const struct shale_store_options *options, struct driver *ret, struct shale_error *err);
void driver_close(struct driver *driver);
pthread_mutex_t *driver_lock_of(struct driver *driver, const char *id);
