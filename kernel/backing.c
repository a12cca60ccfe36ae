/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/backing.h"

#include "common/cleanup.h"

#include <fcntl.h>
#include <string.h>

/* The mount that FD was opened through: statx(2) tells it only since Linux 5.8. */
static int mount_id_of(int fd)
{
	char path[64], line[128];
	int id = -1;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	auto_fclose FILE *info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "mnt_id: %d", &id) == 1)
			return id;
	return -1;
}

void shale_backing_type(int fd, char ret[32])
{
	auto_close int here = sys(openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	/* Not /proc/self: a thread may be in a mount namespace of its own. */
	auto_fclose FILE *mounts = fopen("/proc/thread-self/mountinfo", "re");
	auto_free char *line = NULL;
	size_t size = 0;
	int wanted = here < 0 ? -1 : mount_id_of(here);

	strcpy(ret, "an unknown filesystem");
	while (mounts && getline(&line, &size, mounts) > 0) {
		const char *type = strstr(line, " - ");
		if (atoi(line) == wanted && type) {
			sscanf(type + 3, "%31s", ret);
			return;
		}
	}
}
