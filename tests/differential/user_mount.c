/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/user_mount.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

union passed {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/* Makes a FUSE device that every user may open: on many machines only root may open /dev/fuse. */
static int open_fuse_to_all(const char *scratch)
{
	char node[300];
	struct stat st;

	if (stat("/dev/fuse", &st) < 0)
		return -errno;
	snprintf(node, sizeof(node), "%s/fuse-device", scratch);
	if (mknod(node, S_IFCHR | 0666, st.st_rdev) < 0 || chmod(node, 0666) < 0)
		return -errno;
	return sys(mount(node, "/dev/fuse", NULL, MS_BIND, NULL));
}

int user_become(const char *scratch)
{
	int r = open_fuse_to_all(scratch);

	if (r < 0)
		return r;
	if (chown(scratch, PLAIN_ID, PLAIN_ID) < 0 || setgroups(0, NULL) < 0 ||
		setresgid(PLAIN_ID, PLAIN_ID, PLAIN_ID) < 0 ||
		setresuid(PLAIN_ID, PLAIN_ID, PLAIN_ID) < 0)
		return -errno;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Become dumpable: otherwise the files in /proc/self belong to root, and ids cannot be
	 * mapped. */

	return sys(prctl(PR_SET_DUMPABLE, 1));
}

/* Sends the descriptor FD to the other process; if it has failed, sends the negative CODE. */
static void send_fd(int socket, int code, int fd)
{
	union passed passed = { 0 };
	struct iovec data = { .iov_base = &code, .iov_len = sizeof(code) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	if (code == 0) {
		message.msg_control = passed.room;
		message.msg_controllen = sizeof(passed.room);
		passed.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(fd)) };
		memcpy(CMSG_DATA(&passed.header), &fd, sizeof(fd));
	}
	(void)!sendmsg(socket, &message, 0);
}

static int receive_fd(int socket)
{
	union passed passed = { 0 };
	int code, fd;
	struct iovec data = { .iov_base = &code, .iov_len = sizeof(code) };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = passed.room,
		.msg_controllen = sizeof(passed.room) };

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(code))
		return -EIO;
	if (code < 0 || !CMSG_FIRSTHDR(&message))
		return code < 0 ? code : -EIO;
	memcpy(&fd, CMSG_DATA(&passed.header), sizeof(fd));
	return fd;
}

static int write_own(const char *path, const char *text)
{
	auto_close int fd = sys(open(path, O_WRONLY | O_CLOEXEC));

	return fd < 0 ? fd : sys((int)write(fd, text, strlen(text)));
}

/* Maps the user's own ids to themselves. */
static int enter_namespaces(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "%u %u 1", geteuid(), geteuid());
	snprintf(gids, sizeof(gids), "%u %u 1", getegid(), getegid());
	int r = sys(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	if (r >= 0)
		r = write_own("/proc/self/setgroups", "deny");
	if (r >= 0)
		r = write_own("/proc/self/uid_map", uids);
	if (r >= 0)
		r = write_own("/proc/self/gid_map", gids);
	return r;
}

static _Noreturn void mount_in_namespace(int socket, const char *data, const char *target)
{
	int r = enter_namespaces(), fd = -1;

	if (r >= 0)
		r = sys(mount("overlay", target, "overlay", 0, data));
	if (r >= 0)
		r = fd = sys(open(target, O_PATH | O_DIRECTORY | O_CLOEXEC));
	send_fd(socket, r < 0 ? r : 0, fd);
	_exit(0);
}

static int await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status == 0 ? 0 : -EIO;
}

int user_mount_overlay(const char *data, const char *target)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	auto_close int own = sockets[0];
	auto_close int other = sockets[1];
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		mount_in_namespace(other, data, target);
	int r = await(pid);
	return r < 0 ? r : receive_fd(own);
}

int user_umount(const char *target)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		execlp("fusermount3", "fusermount3", "-u", target, NULL);
		_exit(127);
	}
	return await(pid);
}
