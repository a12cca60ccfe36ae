/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/driver.h"

#include "tools/jsontext.h"
#include "tools/shale-docker/diffs.h"
#include "tools/shale-docker/failure.h"
#include "tools/shale-docker/layers.h"

#include <errno.h>

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

static int activate(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	return json_object_set_new(reply, "Implements", json_pack("[s]", "GraphDriver"));
}

static int init(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	return settings_take(&driver->settings, request, err);
}

/* A layer's diff gives back the stream that made it, bit for bit; changes through a mount give the
 * same stream each time. */
static int capabilities(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	return json_object_set_new(
		reply, "Capabilities", json_pack("{s:b}", "ReproducesExactDiffs", 1));
}

static int add_row(const char *key, const char *value, void *arg)
{
	if (!*value)
		return 0;
	return json_array_append_new(arg, json_pack("[s, o]", key, jsontext(value)));
}

static int status(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	json_t *rows = json_array();

	json_object_set_new(reply, "Status", rows);
	return shale_store_status(driver->store, add_row, rows, err);
}

static int clean_up(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	return shale_store_cleanup(driver->store, NULL, NULL, NULL, err);
}

const struct endpoint endpoints[] = {
	{ "Plugin.Activate", .answer = activate },
	{ "GraphDriver.Init", .answer = init },
	{ "GraphDriver.Capabilities", .answer = capabilities },
	{ "GraphDriver.Status", .answer = status },
	{ "GraphDriver.Cleanup", .answer = clean_up },
	{ "GraphDriver.Create", .answer = docker_create },
	{ "GraphDriver.CreateReadWrite", .answer = docker_create_rw },
	{ "GraphDriver.Remove", .answer = docker_remove },
	{ "GraphDriver.Exists", .answer = docker_exists },
	{ "GraphDriver.GetMetadata", .answer = docker_metadata },
	{ "GraphDriver.Get", .answer = docker_get },
	{ "GraphDriver.Put", .answer = docker_put },
	{ "GraphDriver.Diff", .send = docker_diff, .type = "application/x-tar" },
	{ "GraphDriver.Changes", .send = docker_changes },
	{ "GraphDriver.DiffSize", .answer = docker_diff_size },
	{ "GraphDriver.ApplyDiff", .receive = docker_apply },
	{ 0 },
};
