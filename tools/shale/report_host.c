/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/report_host.h"

#include "common/shale.h"
#include "tools/shale/engine/program.h"
#include "tools/shale/output.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"

static void add(json_t *pairs, const char *key, const char *value)
{
	json_object_set_new(pairs, key, output_string(value));
}

/* Copies the rest of the line of FILE that begins with START, without quotes. Returns false if
 * there is no such line. */
static bool find_line(const char *file, const char *start, char *ret, size_t size)
{
	char line[512];
	bool found = false;
	FILE *from = fopen(file, "re");

	if (!from)
		return false;
	while (!found && fgets(line, sizeof(line), from)) {
		found = !strncmp(line, start, strlen(start));
		if (found) {
			char *text = line + strlen(start);

			text += strspn(text, " \t\"");
			text[strcspn(text, "\"\n")] = 0;
			snprintf(ret, size, "%s", text);
		}
	}
	fclose(from);
	return found;
}

static void add_line(
	json_t *pairs, const char *key, const char *file, const char *start, const char *otherwise)
{
	char text[512];

	add(pairs, key, find_line(file, start, text, sizeof(text)) ? text : otherwise);
}

static void add_fuse_version(json_t *pairs)
{
	char path[PATH_MAX], text[1024];
	const char *argv[] = { path, "--version", NULL };

	if (!program_find_fuse(path)) {
		add(pairs, "shale-fuse", "is not installed");
		return;
	}
	int r = program_run(argv, text, sizeof(text));
	text[strcspn(text, "\n")] = 0;
	add(pairs, "shale-fuse", r == 0 ? text : "cannot say its version");
}

json_t *report_versions(void)
{
	json_t *pairs = json_object();
	struct utsname host;
	char text[sizeof(host)];

	add(pairs, "shale", PACKAGE_VERSION);
	snprintf(text, sizeof(text), "%u.%u.%u", shale_version() / 1000000,
		shale_version() / 1000 % 1000, shale_version() % 1000);
	add(pairs, "libshale", text);
	add_fuse_version(pairs);
	uname(&host);
	snprintf(text, sizeof(text), "%s %s", host.release, host.machine);
	add(pairs, "kernel", text);
	add(pairs, "libc", gnu_get_libc_version());
	add_line(pairs, "system", "/etc/os-release", "PRETTY_NAME=", "unknown");
	return pairs;
}

static void add_limit(json_t *pairs, const char *key, int which)
{
	struct rlimit limit;
	char text[64];

	if (getrlimit(which, &limit) < 0)
		return;
	if (limit.rlim_cur == RLIM_INFINITY)
		snprintf(text, sizeof(text), "no limit");
	else
		snprintf(text, sizeof(text), "%llu", (unsigned long long)limit.rlim_cur);
	add(pairs, key, text);
}

json_t *report_caller(void)
{
	json_t *pairs = json_object();
	char text[64];

	snprintf(text, sizeof(text), "%u", geteuid());
	add(pairs, "uid", text);
	add_line(pairs, "uid map", "/proc/self/uid_map", "", "none");
	add_line(pairs, "capabilities", "/proc/self/status", "CapEff:", "unknown");
	add_line(pairs, "seccomp", "/proc/self/status", "Seccomp:", "unknown");
	add_line(pairs, "label", "/proc/self/attr/current", "", "none");
	add_line(pairs, "user namespaces", "/proc/sys/user/max_user_namespaces", "", "unknown");
	add_line(pairs, "unprivileged user namespaces",
		"/proc/sys/kernel/unprivileged_userns_clone", "", "not restricted by this switch");
	add(pairs, "/dev/fuse",
		access("/dev/fuse", R_OK | W_OK) == 0 ? "can be opened" : "cannot be opened");
	add_limit(pairs, "descriptors", RLIMIT_NOFILE);
	add_limit(pairs, "address space", RLIMIT_AS);
	add_limit(pairs, "processes", RLIMIT_NPROC);
	return pairs;
}
