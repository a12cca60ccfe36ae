/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/readahead.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

void readahead_widen(const char *target)
{
	char path[64], value[16];
	struct statx st;

	/* This asks for the device number alone, which the kernel knows without a request to the
	 * daemon. */
	if (statx(AT_FDCWD, target, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &st) < 0)
		return;
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", st.stx_dev_major,
		st.stx_dev_minor);
	snprintf(value, sizeof(value), "%u", READAHEAD / 1024);
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t ignored = fd >= 0 ? write(fd, value, strlen(value)) : 0;
	(void)ignored;
}
