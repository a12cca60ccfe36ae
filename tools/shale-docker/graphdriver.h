/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of the plug-in: the store, and the settings that dockerd has given for all layers. */
#pragma once

#include <pthread.h>

#include "tools/shale-docker/settings.h"

enum { LAYER_LOCKS = 64 };

struct driver {
	struct shale_store *store;
	struct settings settings;
	/* A layer's id chooses one of these locks. It is held while the layer is mounted or
	 * unmounted, because that takes several calls of the library. */
	pthread_mutex_t locks[LAYER_LOCKS];
};

int driver_open(
	const struct shale_store_options *options, struct driver *ret, struct shale_error *err);
void driver_close(struct driver *driver);
pthread_mutex_t *driver_lock_of(struct driver *driver, const char *id);
