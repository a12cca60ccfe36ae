/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/graphdriver.h"

int driver_open(
	const struct shale_store_options *options, struct driver *ret, struct shale_error *err)
{
	struct driver driver = { 0 };
	int r = shale_store_open(options, &driver.store, err);

	if (r < 0)
		return r;
	r = settings_open(driver.store, &driver.settings, err);
	if (r < 0) {
		shale_store_close(driver.store);
		return r;
	}
	*ret = driver;
	for (size_t i = 0; i < LAYER_LOCKS; i++)
		pthread_mutex_init(&ret->locks[i], NULL);
	return 0;
}

void driver_close(struct driver *driver)
{
	for (size_t i = 0; i < LAYER_LOCKS; i++)
		pthread_mutex_destroy(&driver->locks[i]);
	settings_close(&driver->settings);
	shale_store_close(driver->store);
}

pthread_mutex_t *driver_lock_of(struct driver *driver, const char *id)
{
	size_t hash = 0;

	for (; *id; id++)
		hash = hash * 31 + (unsigned char)*id;
	return &driver->locks[hash % LAYER_LOCKS];
}
