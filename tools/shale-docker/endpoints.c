/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/endpoints.h"

#include "tools/shale-docker/diffs.h"
#include "tools/shale-docker/layers.h"
#include "tools/shale-docker/plugin.h"

#include <string.h>

static const struct endpoint endpoints[] = {
	{ "Plugin.Activate", .answer = docker_activate },
	{ "GraphDriver.Init", .answer = docker_init },
	{ "GraphDriver.Capabilities", .answer = docker_capabilities },
	{ "GraphDriver.Status", .answer = docker_status },
	{ "GraphDriver.Cleanup", .answer = docker_clean_up },
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

const struct endpoint *endpoint_find(const char *name)
{
	for (const struct endpoint *endpoint = endpoints; endpoint->name; endpoint++)
		if (!strcmp(name, endpoint->name))
			return endpoint;
	return NULL;
}
