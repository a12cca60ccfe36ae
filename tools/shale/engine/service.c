/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/service.h"

#include "common/base/scope.h"
#include "tools/shale/engine/hello.h"
#include "tools/shale/engine/program.h"
#include "tools/shale/engine/trial_mount.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define SNAPSHOTTER_SOCKET "/run/shale/snapshotter.sock"
#define PLUGIN_SOCKET      "/run/docker/plugins/shale.sock"

bool engine_is_at_least(const struct engine_check *check, int major, int minor)
{
	return check->major > major || (check->major == major && check->minor >= minor);
}

static const char *socket_path(
	const struct engine_check *check, const char *system, const char *user, char buf[108])
{
	const char *run = getenv("XDG_RUNTIME_DIR");

	if (check->socket)
		return check->socket;
	if (!check->report->user)
		return system;
	snprintf(buf, 108, "%s/shale/%s", run ? run : "/run/user/1000", user);
	return buf;
}

const char *service_snapshotter_socket(const struct engine_check *check, char buf[108])
{
	return socket_path(check, SNAPSHOTTER_SOCKET, "snapshotter.sock", buf);
}

const char *service_plugin_socket(const struct engine_check *check, char buf[108])
{
	return socket_path(check, PLUGIN_SOCKET, "docker.sock", buf);
}

/* Returns the name that Go gives this machine's architecture. */
static const char *architecture(void)
{
	static const char *const names[][2] = { { "x86_64", "amd64" }, { "aarch64", "arm64" },
		{ "armv7l", "arm" } };
	static struct utsname host;

	if (uname(&host) < 0)
		return "amd64";
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(host.machine, names[i][0]))
			return names[i][1];
	return host.machine;
}

struct version {
	int major, minor;
};

/* Returns the version of the installed containerd, which Docker uses, too; the newest known one if
 * none is found. */
static struct version containerd_version(void)
{
	static const char *const argv[] = { "containerd", "--version", NULL };
	const struct version newest = { 2, 99 };
	struct version found;
	char output[4096];

	if (program_ask(argv, output, sizeof(output)) != 0 ||
		!program_version(output, &found.major, &found.minor))
		return newest;
	return found;
}

void service_configure_containerd(struct engine_check *check)
{
	char buf[108];
	auto_free char *path = NULL, *transfer = NULL;
	const char *home = getenv("HOME");
	const struct version version = containerd_version();
	const bool second = version.major >= 2;
	const bool maps = second || version.minor >= 7;

	if (asprintf(&path, "%s/.config/containerd/config.toml", home ? home : "~") < 0)
		path = NULL;
	/* containerd 2 unpacks in a service of its own, which must know the snapshotter, too. */
	if (asprintf(&transfer,
		    "[[plugins.'io.containerd.transfer.v1.local'.unpack_config]]\n"
		    "  platform = \"linux/%s\"\n"
		    "  snapshotter = \"shale\"\n"
		    "  differ = \"walking\"\n",
		    architecture()) < 0)
		transfer = NULL;
	report_file(check->report,
		check->report->user && path ? path : "/etc/containerd/config.toml",
		"version = %d\n"
		"[proxy_plugins.shale]\n"
		"  type = \"snapshot\"\n"
		"  address = \"%s\"\n"
		"%s%s",
		second ? 3 : 2, service_snapshotter_socket(check, buf),
		maps ? "  capabilities = [\"remap-ids\"]\n" : "",
		second && transfer ? transfer : "");
}

/* ---- the services ---- */

static const char *remedy_of(int code, const char *unit)
{
	static char text[160];

	if (code == -EACCES || code == -EPERM)
		return "run it as the user that the service belongs to, root as a rule";
	if (code == -ETIMEDOUT)
		snprintf(text, sizeof(text), "journalctl -u %s says what holds it up", unit);
	else
		snprintf(text, sizeof(text), "systemctl enable --now %s.socket", unit);
	return text;
}

static void tell_hello(
	struct engine_check *check, const char *path, int n, bool right, const char *unit)
{
	auto_free char *reason = NULL;

	if (asprintf(&reason, "%s%s%s", path, n > 0 && right ? "" : ": ",
		    n < 0    ? strerror(-n)
		    : right  ? ""
		    : n == 0 ? "it closed the connection"
			     : "another service answers there") < 0)
		reason = NULL;
	report_check(check->report, "socket", n > 0 && right, reason ? reason : path,
		n >= 0 ? "give the path of shale's own socket with --socket" : remedy_of(n, unit));
}

void service_try_plugin(struct engine_check *check)
{
	char reply[4096], buf[108];
	const char *path = service_plugin_socket(check, buf);
	int n = hello_plugin(path, reply, sizeof(reply));

	tell_hello(check, path, n, n > 0 && strstr(reply, "\"GraphDriver\""), "shale-docker");
}

bool service_try_program(struct engine_check *check, const char *name, const char *const *argv,
	const char *wanted, const char *remedy)
{
	char output[65536];
	auto_free char *reason = NULL;
	int r = program_ask(argv, output, sizeof(output));
	const bool works = r == 0 && strstr(output, wanted);
	const char *why = r < 0 ? strerror(-r) : program_last_line(output);

	if (asprintf(&reason, "%s: %.300s", argv[0], *why ? why : "no answer") < 0)
		reason = NULL;
	return report_check(check->report, name, works,
		works    ? "it answers"
		: reason ? reason
			 : "out of memory",
		remedy);
}

/* Finds the plug-in ID of TYPE in containerd's list, and returns its status. A line of the list is
 * TYPE ID PLATFORMS STATUS, separated by spaces. */
static bool find_plugin(const char *list, const char *type, const char *id, char ret_status[80])
{
	char line_type[80], line_id[80];

	for (const char *line = list; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (sscanf(line, "%79s %79s %*s %79s", line_type, line_id, ret_status) == 3 &&
			!strcmp(line_type, type) && !strcmp(line_id, id))
			return true;
	return false;
}

static void try_plugin(struct engine_check *check, const char *list, const char *name,
	const char *type, const char *id)
{
	char status[80];
	auto_free char *reason = NULL;
	const bool listed = find_plugin(list, type, id, status);
	const bool works = listed && !strcmp(status, "ok");

	if (asprintf(&reason,
		    works    ? "containerd lists it"
		    : listed ? "containerd lists '%s' with the status '%s'"
			     : "containerd lists no snapshotter '%s'",
		    id, status) < 0)
		reason = NULL;
	report_check(check->report, name, works, reason ? reason : "out of memory",
		listed ? "ctr plugins ls -d says why"
		       : "write the lines above into containerd's configuration and restart it");
}

/* Checks containerd's list for the service that unpacks images (containerd 2): if its configuration
 * is wrong, it has failed. */
static void try_list(struct engine_check *check)
{
	static const char *const argv[] = { "ctr", "plugins", "ls", NULL };
	char list[65536];

	if (program_ask(argv, list, sizeof(list)) != 0)
		*list = 0;
	try_plugin(check, list, "snapshotter", "io.containerd.snapshotter.v1", "shale");
	if (strstr(list, "io.containerd.transfer.v1"))
		try_plugin(check, list, "transfer", "io.containerd.transfer.v1", "local");
}

void service_try_snapshotter(struct engine_check *check)
{
	static const char *const version[] = { "ctr", "--connect-timeout", "3s", "version", NULL };
	char reply[64], buf[108];
	const char *path = service_snapshotter_socket(check, buf);
	int n = hello_http2(path, reply, sizeof(reply));

	tell_hello(check, path, n, hello_is_settings(reply, n), "shale-snapshotter");
	if (service_try_program(check, "containerd", version,
		    "Server:", "start containerd, or name its socket in CONTAINERD_ADDRESS"))
		try_list(check);
}

void service_try_mount(struct engine_check *check)
{
	struct shale_error *err = &check->cli->err;
	int r = trial_store(check->cli);

	report_check(check->report, "mount", r >= 0,
		r >= 0 ? "a layer was mounted and written to" : err->text,
		err->remedy[0] ? err->remedy : "'shale probe' says what this host can do");
	*err = (struct shale_error){ 0 };
}
