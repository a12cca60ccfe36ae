/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/opath.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* The path /proc/self/fd/FD. Calls for open files (fchmod, futimens) refuse an O_PATH descriptor
 * with EBADF at once, so they are tried first. The path works for both kinds, but to follow it
 * takes longer than most of these calls. */
struct fd_path {
	char text[32];
};

static struct fd_path path_of(int fd)
{
	struct fd_path path;

	snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
	return path;
}

int opath_chmod(int fd, mode_t mode)
{
	int r = sys(fchmod(fd, mode));

	if (r == -EBADF) /* FD is O_PATH; this call is new in Linux 6.6 */
		r = sys((int)syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH));
	return r == -ENOSYS || r == -EPERM ? sys(chmod(path_of(fd).text, mode)) : r;
}

int opath_utimens(int fd, const struct timespec times[2])
{
	int r = sys(futimens(fd, times));

	if (r == -EBADF) /* FD is O_PATH; AT_EMPTY_PATH works here since Linux 5.8 */
		r = sys(utimensat(fd, "", times, AT_EMPTY_PATH));
	return r == -EINVAL ? sys(utimensat(AT_FDCWD, path_of(fd).text, times, 0)) : r;
}

int opath_truncate(int fd, off_t size)
{
	return sys(truncate(path_of(fd).text, size));
}

int opath_link(int fd, int dirfd, const char *name)
{
	int r = sys(linkat(fd, "", dirfd, name, AT_EMPTY_PATH));

	/* Linking by descriptor needs a privilege, or Linux 6.10. Use the link in /proc. */
	if (r != -ENOENT)
		return r;
	return sys(linkat(AT_FDCWD, path_of(fd).text, dirfd, name, AT_SYMLINK_FOLLOW));
}

/* Opens a file that another process may have a lease on. The open breaks the lease, and the kernel
 * waits some time for that process. */
static int open_unleased(const char *path, int flags)
{
	enum { MOST_TRIES = 100 };
	const struct timespec pause = { .tv_nsec = 10000000 };
	int r = sys(open(path, flags | O_NONBLOCK | O_CLOEXEC));

	for (int tries = 0; r == -EAGAIN && tries < MOST_TRIES; tries++) {
		nanosleep(&pause, NULL);
		r = sys(open(path, flags | O_NONBLOCK | O_CLOEXEC));
	}
	return r;
}

int fd_reopen_file(int fd, int flags)
{
	int r = open_unleased(path_of(fd).text, flags);

	/* Only the owner of a file may use O_NOATIME. */
	return r == -EPERM && flags & O_NOATIME
		       ? open_unleased(path_of(fd).text, flags & ~O_NOATIME)
		       : r;
}

int opath_reopen(int fd, int flags)
{
	struct stat st;

	if (flags & O_PATH)
		return sys(open(path_of(fd).text, flags | O_CLOEXEC));
	if (fstat(fd, &st) < 0)
		return -errno;
	/* A descriptor always leads to the same inode, so its type cannot change after this check.
	 */

	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -ESTALE;
	return fd_reopen_file(fd, flags);
}
