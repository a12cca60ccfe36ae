/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/mountid.h"

#include "common/cleanup.h"

#include <stdio.h>

/* statx(2) tells it only since Linux 5.8. */
int shale_mount_id(int fd)
{
	char path[64], line[128];
	int id;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	auto_fclose FILE *info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "mnt_id: %d", &id) == 1)
			return id;
	return -1;
}
