/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/files/lock.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

static int flock_patiently(int fd, int operation)
{
	int r;

	do
		r = sys(flock(fd, operation));
	while (r == -EINTR);
	return r;
}

int lock_take(int dirfd, const char *name, int operation)
{
	for (;;) {
		struct stat st;
		auto_close int fd = sys(
			openat(dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));

		if (fd < 0)
			return fd;
		int r = flock_patiently(fd, operation);
		if (r < 0)
			return r;
		if (fstat(fd, &st) < 0)
			return -errno;
		/* Try again if the previous holder has removed the file: other processes lock a
		 * new file of this name, so this lock keeps nobody out. */
		if (st.st_nlink > 0)
			return steal_fd(&fd);
	}
}
