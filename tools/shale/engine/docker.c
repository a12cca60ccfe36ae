/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/service.h"

#include "common/base/scope.h"

#include <stdlib.h>

/* Tells whether Docker keeps images in containerd, which it can from version 26 on; its graphdriver
 * plug-ins ended with 27. */
static bool has_image_store(const struct engine_check *check)
{
	return engine_is_at_least(check, 26, 0);
}

static void configure(struct engine_check *check)
{
	const char *home = getenv("HOME");
	auto_free char *own = NULL;

	if (asprintf(&own, "%s/.config/docker/daemon.json", home ? home : "~") < 0)
		own = NULL;
	const char *path = check->report->user && own ? own : "/etc/docker/daemon.json";
	const bool images = has_image_store(check);
	if (images)
		service_configure_containerd(check);
	report_file(check->report, path, "%s",
		images ? "{\n"
			 "  \"features\": { \"containerd-snapshotter\": true },\n"
			 "  \"storage-driver\": \"shale\"\n"
			 "}\n"
		       : "{ \"experimental\": true, \"storage-driver\": \"shale\" }\n");
	if (check->report->user)
		report_command(check->report, "# not tried: Docker without root");
	report_command(check->report, images ? "systemctl enable --now shale-snapshotter.socket"
					     : "systemctl enable --now shale-docker.socket");
	report_command(check->report,
		images ? "systemctl restart containerd docker" : "systemctl restart docker");
}

static void try(struct engine_check *check)
{
	static const char *const version[] = { "docker", "version", "-f", "{{.Server.Version}}",
		NULL };
	static const char *const driver[] = { "docker", "info", "-f", "{{.Driver}}", NULL };

	if (has_image_store(check))
		service_try_snapshotter(check);
	else
		service_try_plugin(check);
	if (service_try_program(check, "docker", version, "",
		    "start dockerd, or name its socket in DOCKER_HOST"))
		service_try_program(check, "driver", driver, "shale\n",
			"write the lines above into Docker's configuration and restart it");
	service_try_mount(check);
}

const struct engine engine_docker = {
	.name = "docker",
	.program = "dockerd",
	.missing = "install Docker 20.10 or later",
	.configure = configure,
	.try = try,
};
