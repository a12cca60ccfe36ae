/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The graphdriver: a store, and what dockerd has said of all its layers. */
#pragma once

#include <pthread.h>

#include "tools/shale-docker/settings.h"

struct driver {
	struct shale_store *store;
	struct settings settings;
	/* Held while a layer that is to be filled makes room for one that is to be written to. */
	pthread_mutex_t exchange;
};

int driver_open(
	const struct shale_store_options *options, struct driver *ret, struct shale_error *err);
void driver_close(struct driver *driver);
