/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/idmap.h"

#include "common/cleanup.h"
#include "common/error.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int write_map(pid_t pid, const char *file, const char *map)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	auto_close int fd = sys(open(path, O_WRONLY | O_CLOEXEC));
	if (fd < 0)
		return fd;
	ssize_t n = write(fd, map, strlen(map));
	return n < 0 ? -errno : 0;
}

/* A process that waits in a user namespace of its own, until it is killed. No exit signal: the
 * program that uses the library is to see no SIGCHLD of a child that it does not know. */
static pid_t start_holder(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER, NULL, NULL, NULL, NULL);

	if (pid < 0)
		return -errno;
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

/* A descriptor of a user namespace with MAP. */
static int namespace_with(const char *map, struct shale_error *err)
{
	char path[64];
	pid_t pid = start_holder();

	if (pid < 0)
		return shale_fail(err, pid, "make a user namespace");
	int r = write_map(pid, "uid_map", map);
	if (r == 0)
		r = write_map(pid, "gid_map", map);
	if (r == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		r = sys(open(path, O_RDONLY | O_CLOEXEC));
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return r < 0 ? shale_fail(err, r, "map the ids of a user namespace") : r;
}

int shale_idmap_mount(const char *from, const char *to, const char *map, struct shale_error *err)
{
	auto_close int namespace = namespace_with(map, err);
	if (namespace < 0)
		return namespace;
	auto_close int tree = sys(open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	if (tree < 0)
		return shale_fail(err, tree, "clone the mount of '%s'", from);
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t) namespace };
	int r = sys(mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
	if (r < 0)
		return shale_fail(err, r, "map the owners of '%s'", from);
	r = sys(move_mount(tree, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH));
	return r < 0 ? shale_fail(err, r, "mount '%s'", to) : 0;
}
