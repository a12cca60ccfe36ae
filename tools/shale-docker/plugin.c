/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/plugin.h"

#include "tools/jsontext.h"
#include "tools/shale-docker/graphdriver.h"

#include <string.h>

int docker_activate(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	return json_object_set_new(reply, "Implements", json_pack("[s]", "GraphDriver"));
}

int docker_init(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	return settings_take(&driver->settings, request, err);
}

/* Answers Capabilities: a layer gives back the stream from which it was made, bit for bit, and a
 * layer that was written through a mount gives the same stream at each Diff. */
int docker_capabilities(
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

int docker_status(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	json_t *rows = json_array();

	json_object_set_new(reply, "Status", rows);
	return shale_store_status(driver->store, add_row, rows, err);
}

int docker_clean_up(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	return shale_store_cleanup(driver->store, NULL, NULL, NULL, err);
}
