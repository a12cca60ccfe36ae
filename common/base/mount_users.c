/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/mount_users.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/readdir.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_NAMED 5

struct search {
	const char *target;
	char words[600];
	size_t used;
	int found;
};

static void add(struct search *search, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct search *search, const char *format, ...)
{
	va_list args;

	if (search->found++ >= MOST_NAMED)
		return;
	va_start(args, format);
	if (search->used > 0 && search->used + 2 < sizeof(search->words)) {
		memcpy(search->words + search->used, ", ", 3);
		search->used += 2;
	}
	int n = vsnprintf(
		search->words + search->used, sizeof(search->words) - search->used, format, args);
	va_end(args);
	search->used += (size_t)n;
	if (search->used >= sizeof(search->words))
		search->used = sizeof(search->words) - 1;
}

static bool lies_in(const char *path, const char *target)
{
	size_t n = strlen(target);

	return !strncmp(path, target, n) && (path[n] == 0 || path[n] == '/' || path[n] == ' ');
}

static bool link_lies_in(int dirfd, const char *name, const char *target)
{
	char path[PATH_MAX + 1];
	ssize_t n = readlinkat(dirfd, name, path, PATH_MAX);

	if (n < 0)
		return false;
	path[n] = 0;
	return lies_in(path, target);
}

static bool has_open(int pid, const char *target)
{
	auto_closedir DIR *dir = dir_list(pid, "fd");
	struct dirent *entry;

	if (!dir)
		return false;
	while ((entry = readdir(dir)))
		if (link_lies_in(dirfd(dir), entry->d_name, target))
			return true;
	return false;
}

static bool has_mapped(int pid, const char *target)
{
	auto_close int fd = sys(openat(pid, "maps", O_RDONLY | O_CLOEXEC));
	auto_fclose FILE *maps = fd < 0 ? NULL : fdopen(fd, "r");
	auto_free char *line = NULL;
	size_t size = 0;

	if (!maps)
		return false;
	steal_fd(&fd);
	while (getline(&line, &size, maps) > 0) {
		const char *path = strchr(line, '/');
		line[strcspn(line, "\n")] = 0;
		if (path && lies_in(path, target))
			return true;
	}
	return false;
}

static void name_process(struct search *search, const char *pid_name, int pid)
{
	char name[32] = "?";
	auto_close int fd = sys(openat(pid, "comm", O_RDONLY | O_CLOEXEC));
	ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);

	if (n > 0) {
		name[n] = 0;
		name[strcspn(name, "\n")] = 0;
	}
	add(search, "%s %s", pid_name, name);
}

static void find_processes(struct search *search)
{
	auto_closedir DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		auto_close int pid = sys(
			openat(dirfd(proc), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC));
		if (pid < 0)
			continue;
		if (link_lies_in(pid, "cwd", search->target) ||
			link_lies_in(pid, "root", search->target) ||
			has_open(pid, search->target) || has_mapped(pid, search->target))
			name_process(search, entry->d_name, pid);
	}
}

/* Decodes a mount point: the kernel writes a space, tab, newline and backslash in it as \ooo. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned int code;
		if (*from == '\\' && sscanf(from, "\\%3o", &code) == 1) {
			*to = (char)code;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
}

static void find_mounts_below(struct search *search)
{
	auto_fclose FILE *mounts = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	size_t size = 0;

	while (mounts && getline(&line, &size, mounts) > 0) {
		char *at = line;
		for (int i = 0; i < 4 && at; i++)
			at = strchr(at + 1, ' ');
		if (!at)
			continue;
		at[1 + strcspn(at + 1, " ")] = 0;
		unescape(at + 1);
		if (lies_in(at + 1, search->target) && strcmp(at + 1, search->target) != 0)
			add(search, "a mount at %s", at + 1);
	}
}

int mount_users_fail(int code, const char *target, struct shale_error *err)
{
	struct search search = { .target = target };

	find_mounts_below(&search);
	find_processes(&search);
	if (search.found == 0) {
		error_remedy(err, code,
			"its user is not visible from here (another namespace, a loop device, a "
			"swap file); `put --lazy` detaches it nevertheless");
		return error_fail(err, code, "unmount '%s'", target);
	}
	error_remedy(err, code, "end these processes and try again, or `put --lazy`");
	return error_fail_plain(err, code, "unmount '%s': in use by %s%s", target, search.words,
		search.found > MOST_NAMED ? ", and others" : "");
}
