/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "tools/shale/engine/engine.h"
#include "tools/shale/engine/image_store.h"
#include "tools/shale/engine/program.h"
#include "tools/shale/engine/trial_mount.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Finds the absolute path of shale-fuse for storage.conf. If it is not found, uses the path at
 * which it would be installed. */
static const char *mount_program(char path[PATH_MAX])
{
	return program_find_fuse(path) ? path : "/usr/local/bin/shale-fuse";
}

static void configure(struct engine_check *check)
{
	char program[PATH_MAX];
	const char *home = getenv("HOME");
	auto_free char *own = NULL, *images = NULL;

	if (check->images && asprintf(&images,
				     "[storage.options]\n"
				     "additionalimagestores = [ \"%s\" ]\n",
				     check->images) < 0)
		images = NULL;
	if (asprintf(&own, "%s/.config/containers/storage.conf", home ? home : "~") < 0)
		own = NULL;
	const bool user = check->report->user;
	/* Only root's podman needs runroot and graphroot in its storage.conf: a rootless one has
	 * defaults for them. */
	report_file(check->report, user && own ? own : "/etc/containers/storage.conf",
		"[storage]\n"
		"driver = \"overlay\"\n"
		"%s"
		"%s"
		"[storage.options.overlay]\n"
		"mount_program = \"%s\"\n",
		user ? ""
		     : "runroot = \"/run/containers/storage\"\n"
		       "graphroot = \"/var/lib/containers/storage\"\n",
		images ? images : "", mount_program(program));
	report_command(check->report, "podman info --format '{{.Store.GraphOptions}}'");
}

static void try_device(struct engine_check *check)
{
	auto_close int fd = sys(open("/dev/fuse", O_RDWR | O_CLOEXEC));

	report_check(check->report, "/dev/fuse", fd >= 0, fd >= 0 ? "can be opened" : strerror(-fd),
		fd == -ENOENT ? "modprobe fuse; in a container, hand the device in"
			      : "chmod 666 /dev/fuse, as root");
}

/* Asks podman for its storage directory; podman makes it if it is missing. Podman may print
 * warnings before the answer. */
static bool find_graph_root(struct engine_check *check, char ret[PATH_MAX])
{
	static const char *const argv[] = { "podman", "info", "--format", "{{.Store.GraphRoot}}",
		NULL };
	char output[65536];
	int r = program_ask(argv, output, sizeof(output));
	/* These are the messages of libpod and of containers/storage for a database that was made
	 * with another driver. */
	const bool mixed = r != 0 && (strstr(output, "overwritten by graph driver") ||
					     strstr(output, "does not support overlay."));
	const char *last = program_last_line(output);

	snprintf(ret, PATH_MAX, "%s", last);
	return report_check(check->report, "storage", r == 0, r < 0 ? strerror(-r) : last,
		mixed ? "podman keeps the driver that it began with: doc/engines.md says how to "
			"move"
		      : "podman must work before shale does");
}

static void try_configured(struct engine_check *check)
{
	static const char *const argv[] = { "podman", "info", "--format", "{{.Store.GraphOptions}}",
		NULL };
	char output[65536];
	int r = program_ask(argv, output, sizeof(output));
	const bool works = r == 0 && strstr(output, "shale-fuse");

	report_check(check->report, "mount_program", works,
		works ? "podman's options name shale-fuse"
		      : "podman's options do not name shale-fuse",
		"write the lines above into podman's configuration");
}

static void try_images(struct engine_check *check)
{
	struct shale_error *err = &check->cli->err;
	char text[64];
	size_t n = 0;
	int r = image_store_write(check->cli, check->images, &n);

	snprintf(text, sizeof(text), "%zu were written", n);
	report_check(check->report, "images", r == 0, r == 0 ? text : err->text, err->remedy);
	*err = (struct shale_error){ 0 };
}

static void try(struct engine_check *check)
{
	char program[PATH_MAX], root[PATH_MAX];
	struct shale_error err = { 0 };
	const bool found = program_find_fuse(program);

	if (check->images)
		try_images(check);
	try_device(check);
	report_check(check->report, "shale-fuse", found, found ? program : "there is none",
		"install it beside shale, or name it in SHALE_FUSE");
	if (!find_graph_root(check, root))
		return;
	try_configured(check);
	if (!found)
		return;
	int r = trial_mount_program(program, root, &err);
	report_check(check->report, "mount", r >= 0,
		r >= 0 ? "a directory was mounted and written to" : err.text,
		err.remedy[0] ? err.remedy : "'shale probe' says what this host can do");
}

const struct engine engine_podman = {
	.name = "podman",
	.program = "podman",
	.missing = "install podman 4 or later",
	.configure = configure,
	.try = try,
};
