/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/program.h"
#include "tools/shale/engine/service.h"

#include <string.h>

static void configure(struct engine_check *check)
{
	service_configure_containerd(check);
	if (check->report->user) {
		report_command(check->report, "# not tried: containerd without root");
		report_command(
			check->report, "systemctl --user enable --now shale-snapshotter.socket");
		report_command(check->report, "systemctl --user restart containerd");
	} else {
		report_command(check->report, "systemctl enable --now shale-snapshotter.socket");
		report_command(check->report, "systemctl restart containerd");
	}
	report_command(check->report, engine_is_at_least(check, 2, 0)
					      ? "ctr image pull --local --snapshotter shale IMAGE"
					      : "ctr image pull --snapshotter shale IMAGE");
}

/* Checks for mount.fuse3 and shale-fuse: containerd mounts layers through FUSE by running them. */
static void try_helpers(struct engine_check *check)
{
	char path[PATH_MAX];
	const bool helper = program_find("mount.fuse3", path);
	const bool both = helper && program_find("shale-fuse", path);

	report_check(check->report, "fuse", both,
		both     ? path
		: helper ? "shale-fuse is not in PATH"
			 : "mount.fuse3 is not in PATH",
		helper ? "install shale-fuse where containerd's PATH leads"
		       : "install the package fuse3");
}

static int keep_backend(const char *key, const char *value, void *arg)
{
	bool *fuse = arg;

	if (!strcmp(key, "Backend"))
		*fuse = !strcmp(value, "fuse");
	return 0;
}

static void try(struct engine_check *check)
{
	bool fuse = false;

	service_try_snapshotter(check);
	service_try_mount(check);
	if (check->cli->store)
		shale_store_status(check->cli->store, keep_backend, &fuse, NULL);
	if (fuse)
		try_helpers(check);
}

const struct engine engine_containerd = {
	.name = "containerd",
	.program = "containerd",
	.missing = "install containerd 1.6 or later",
	.configure = configure,
	.try = try,
};
