/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/service.h"

#include "common/base/scope.h"

#include <stdlib.h>

/* Tells whether Docker keeps images in containerd. It can from version 26 on, and its graphdriver
 * plug-ins ended with version 27. */
static bool has_image_store(const struct engine_check *check)
{
	return engine_is_at_least(check, 26, 0);
}

/* A rootless Docker finds the plug-in's socket through a file. Versions 23 and 24 look for this
 * file in the user's directory, others in the system's. */
static void name_socket(struct engine_check *check, const char *own)
{
	char buf[108];
	auto_free char *path = NULL;
	const bool at_home = engine_is_at_least(check, 23, 0) && !engine_is_at_least(check, 25, 0);

	if (asprintf(&path, "%s/plugins/shale.spec", at_home ? own : "/etc/docker") < 0)
		path = NULL;
	report_file(check->report, path ? path : "/etc/docker/plugins/shale.spec", "unix://%s\n",
		service_plugin_socket(check, buf));
}

static void tell_commands(struct engine_check *check, bool images)
{
	static const char *const words[2][2][2] = {
		{ { "systemctl enable --now shale-docker.socket", "systemctl restart docker" },
			{ "systemctl enable --now shale-snapshotter.socket",
				"systemctl restart containerd docker" } },
		{ { "systemctl --user enable --now shale-docker.socket",
			  "systemctl --user restart docker" },
			{ "systemctl --user enable --now shale-snapshotter.socket",
				"systemctl --user restart containerd docker" } }
	};
	const char *const *lines = words[check->report->user][images];

	if (check->report->user)
		report_command(check->report, "# not tried: Docker without root");
	report_command(check->report, lines[0]);
	report_command(check->report, lines[1]);
}

static void configure(struct engine_check *check)
{
	const char *home = getenv("HOME");
	auto_free char *own = NULL, *path = NULL;
	const bool images = has_image_store(check);

	if (asprintf(&own, "%s/.config/docker", home ? home : "~") < 0)
		own = NULL;
	if (asprintf(&path, "%s/daemon.json", check->report->user && own ? own : "/etc/docker") < 0)
		path = NULL;
	if (images)
		service_configure_containerd(check);
	report_file(check->report, path ? path : "/etc/docker/daemon.json", "%s",
		images ? "{\n"
			 "  \"features\": { \"containerd-snapshotter\": true },\n"
			 "  \"storage-driver\": \"shale\"\n"
			 "}\n"
		       : "{ \"experimental\": true, \"storage-driver\": \"shale\" }\n");
	if (check->report->user && !images && own)
		name_socket(check, own);
	tell_commands(check, images);
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
