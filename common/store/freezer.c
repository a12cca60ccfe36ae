/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/freezer.h"

#include "common/base/error.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#define ROOT      "/sys/fs/cgroup"
#define FREEZE_MS 10000 /* ms: how long to wait until the group is frozen */
#define PAUSE_MS  1     /* ms: pause between two looks */

static int read_text(int dirfd, const char *name, char *ret, size_t size)
{
	auto_close int fd = sys(openat(dirfd, name, O_RDONLY | O_CLOEXEC));
	ssize_t n = fd < 0 ? fd : sys(read(fd, ret, size - 1));

	if (n >= 0)
		ret[n] = 0;
	return n < 0 ? (int)n : 0;
}

static int write_freeze(int dir, const char *value)
{
	auto_close int fd = sys(openat(dir, "cgroup.freeze", O_WRONLY | O_CLOEXEC));
	ssize_t n = fd < 0 ? fd : sys(write(fd, value, strlen(value)));

	return n < 0 ? (int)n : 0;
}

void freezer_end(struct freezer *freezer)
{
	int saved = errno;

	if (freezer->dir >= 0 && freezer->froze)
		(void)write_freeze(freezer->dir, "0");
	if (freezer->dir >= 0)
		close(freezer->dir);
	*freezer = FREEZER_NONE;
	errno = saved;
}

/* Returns the length of the path at which the cgroup hierarchy is mounted: the first part of PATH,
 * the path of a group. */
static size_t length_of_root(const char *path)
{
	char above[PATH_MAX], procs[PATH_MAX + sizeof("/cgroup.procs")];
	size_t length = strlen(path);

	snprintf(above, sizeof(above), "%s", path);
	for (char *end = above + length; end; end = strrchr(above, '/')) {
		*end = 0;
		snprintf(procs, sizeof(procs), "%s/cgroup.procs", above);
		if (access(procs, F_OK) < 0)
			break;
		length = strlen(above);
	}
	return length;
}

/* Refuses a group that holds this process: a process that freezes itself can never thaw itself. */
static int must_not_be_ours(int dir, const char *group, struct shale_error *err)
{
	char link[64], path[PATH_MAX], groups[PATH_MAX * 2];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	int r = n < 0 ? -errno : read_text(AT_FDCWD, "/proc/self/cgroup", groups, sizeof(groups));
	if (r < 0)
		return error_fail(err, r, "find the control group of this process");
	path[n] = 0;
	const char *below = path + length_of_root(path);
	const char *own = strstr(groups, "0::");
	size_t length = strlen(below);
	if (!own || strncmp(own + 3, below, length) != 0 ||
		(own[3 + length] != '/' && own[3 + length] != '\n'))
		return 0;
	return error_fail_plain(
		err, -EINVAL, "control group '%s': this process itself is in it", group);
}

static int open_group(const char *group, struct shale_error *err)
{
	auto_free char *path = NULL;

	if (*group != '/' && asprintf(&path, ROOT "/%s", group) < 0)
		path = NULL;
	auto_close int dir = sys(open(path ? path : group, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (dir < 0)
		return error_fail(err, dir, "control group '%s'", group);
	if (faccessat(dir, "cgroup.freeze", F_OK, 0) < 0) {
		error_fail_plain(err, -EOPNOTSUPP, "control group '%s' cannot be frozen", group);
		return error_remedy(err, -EOPNOTSUPP,
			"name a directory below %s (cgroup v2) that is not the root", ROOT);
	}
	int r = must_not_be_ours(dir, group, err);
	return r < 0 ? r : steal_fd(&dir);
}

static int wait_until_frozen(int dir)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	char events[256];

	for (int i = 0; i < FREEZE_MS / PAUSE_MS; i++) {
		int r = read_text(dir, "cgroup.events", events, sizeof(events));
		if (r < 0)
			return r;
		if (strstr(events, "frozen 1"))
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

int freezer_begin(const char *group, struct freezer *ret, struct shale_error *err)
{
	auto_freezer struct freezer freezer = FREEZER_NONE;
	char now[16];

	freezer.dir = open_group(group, err);
	if (freezer.dir < 0)
		return freezer.dir;
	int r = read_text(freezer.dir, "cgroup.freeze", now, sizeof(now));
	if (r == 0) {
		freezer.froze = now[0] != '1';
		r = freezer.froze ? write_freeze(freezer.dir, "1") : 0;
	}
	if (r == 0)
		r = wait_until_frozen(freezer.dir);
	if (r < 0)
		return error_fail(err, r, "freeze control group '%s'", group);
	*ret = freezer;
	freezer = FREEZER_NONE;
	return 0;
}
