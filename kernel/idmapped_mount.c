/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/idmapped_mount.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_map(pid_t pid, const char *file, const struct idmap *map)
{
	auto_free char *text = idmap_text(map, ' ', '\n');
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	auto_close int fd = sys(open(path, O_WRONLY | O_CLOEXEC));
	if (fd < 0 || !text)
		return fd < 0 ? fd : -ENOMEM;
	ssize_t n = write(fd, text, strlen(text));
	return n < 0 ? -errno : 0;
}

/* Waits to be killed. This process shares the descriptors of PARENT, and some of them are locks: it
 * must not outlive PARENT. */
static void hold(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(0);
}

/* Starts a process that keeps a user namespace alive until it is killed or the calling thread ends.
 * It has no exit signal: a program that uses the library must get no SIGCHLD for a child that it
 * does not know. */
static pid_t start_holder(void)
{
	const pid_t parent = getpid();
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER, NULL, NULL, NULL, NULL);

	if (pid == 0)
		hold(parent);
	return pid < 0 ? -errno : pid;
}

int idmap_namespace(const struct idmap *uids, const struct idmap *gids, struct shale_error *err)
{
	char path[64];
	pid_t pid = start_holder();

	if (pid < 0)
		return error_fail(err, pid, "make a user namespace");
	int r = write_map(pid, "uid_map", uids);
	if (r == 0)
		r = write_map(pid, "gid_map", gids);
	if (r == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		r = sys(open(path, O_RDONLY | O_CLOEXEC));
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return r < 0 ? error_fail(err, r, "map the ids of a user namespace") : r;
}

int idmap_clone(const char *from, int namespace, struct shale_error *err)
{
	auto_close int tree = sys(open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	if (tree < 0)
		return error_fail(err, tree, "clone the mount of '%s'", from);
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t) namespace };
	int r = sys(mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
	return r < 0 ? error_fail(err, r, "map the owners of '%s'", from) : steal_fd(&tree);
}

int idmap_attach(int tree, const char *to, struct shale_error *err)
{
	int r = sys(move_mount(
		tree, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS));

	return r < 0 ? error_fail(err, r, "mount '%s'", to) : 0;
}

int idmap_mount(const char *from, const char *to, int namespace, struct shale_error *err)
{
	auto_close int tree = idmap_clone(from, namespace, err);

	return tree < 0 ? tree : idmap_attach(tree, to, err);
}

/* Sets the capabilities for files again, which setfsuid(2) has dropped. */
static int restore_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	int r = sys((int)syscall(SYS_capget, &header, data));

	for (size_t i = 0; r == 0 && i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted;
	return r < 0 ? r : sys((int)syscall(SYS_capset, &header, data));
}

/* Returns the id as which the map shows the files of id 0. If the map has no id 0, returns its
 * first id. */
static uint32_t root_of(const struct idmap *map)
{
	for (size_t i = 0; i < map->n; i++)
		if (map->ranges[i].disk == 0)
			return map->ranges[i].shown;
	return map->ranges[0].shown;
}

int idmap_become_root(const struct idmap *uids, const struct idmap *gids)
{
	(void)setfsgid(root_of(gids));
	(void)setfsuid(root_of(uids));
	return restore_privileges();
}
