/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/fs_type.h"

#include "common/base/scope.h"
#include "common/base/mountid.h"

#include <fcntl.h>
#include <string.h>

void fs_type_name(int fd, char ret[32])
{
	auto_close int here = sys(openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	/* Not /proc/self: this thread may be in another mount namespace than the process's first
	 * thread. */
	auto_fclose FILE *mounts = fopen("/proc/thread-self/mountinfo", "re");
	auto_free char *line = NULL;
	size_t size = 0;
	int wanted = here < 0 ? -1 : mountid_of(here);

	strcpy(ret, "an unknown filesystem");
	while (mounts && getline(&line, &size, mounts) > 0) {
		const char *type = strstr(line, " - ");
		if (atoi(line) == wanted && type) {
			sscanf(type + 3, "%31s", ret);
			return;
		}
	}
}
