/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/descriptors/reopen.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"

#include <fcntl.h>
#include <sys/stat.h>

int own_open_lent(int fd, int flags)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || opath_chmod(fd, (st.st_mode & 07777) | S_IRUSR | S_IWUSR) < 0)
		return -EACCES;
	int opened = opath_reopen(fd, flags);
	(void)opath_chmod(fd, st.st_mode & 07777);
	return opened;
}

int own_open(int fd, int flags)
{
	int opened = opath_reopen(fd, flags);

	return opened == -EACCES ? own_open_lent(fd, flags) : opened;
}
