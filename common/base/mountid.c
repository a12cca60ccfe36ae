/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/mountid.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Constants of the kernel, which older headers lack. */
#define UNIQUE_ID_WANTED 0x4000u /* STATX_MNT_ID_UNIQUE */
#define CALL_STATMOUNT   457     /* the same on all architectures but alpha */
#define POINT            0x10u   /* STATMOUNT_MNT_POINT */
#define BASICS           2u      /* STATMOUNT_MNT_BASIC */

struct mount_request { /* struct mnt_id_req, in its first version */
	uint32_t size, spare;
	uint64_t mount, wanted;
};

/* Reads /proc, since statx(2) reports the mount id only since Linux 5.8. */
int mountid_of(int fd)
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

uint64_t mount_unique_id(int fd)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, UNIQUE_ID_WANTED, &stx) < 0 ||
		!(stx.stx_mask & UNIQUE_ID_WANTED))
		return 0;
	return stx.stx_mnt_id;
}

uint64_t mount_unique_id_at(int dirfd, const char *name)
{
	const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
	struct statx stx;

	if (statx(dirfd, name, flags, UNIQUE_ID_WANTED, &stx) < 0 ||
		!(stx.stx_mask & UNIQUE_ID_WANTED) || !(stx.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return 0;
	return stx.stx_mnt_id;
}

char *mount_point_of(uint64_t unique_id)
{
	struct mount_request request = {
		.size = sizeof(request), .mount = unique_id, .wanted = POINT
	};
	union {
		struct {
			char before[108]; /* earlier members of struct statmount, which are not read
					   */
			uint32_t point; /* offset of the mount point, counted from the beginning of
					   the strings */
		};
		/* struct statmount has 512 bytes; the strings follow it */
		char all[512 + PATH_MAX];
	} answer = { .all = "" };

	if (syscall(CALL_STATMOUNT, &request, &answer, sizeof(answer) - 1, 0) < 0 ||
		answer.point >= PATH_MAX)
		return NULL;
	return strdup(answer.all + 512 + answer.point);
}

enum life mount_life(uint64_t unique_id)
{
	struct mount_request request = {
		.size = sizeof(request), .mount = unique_id, .wanted = BASICS
	};
	uint64_t answer[128];

	if (syscall(CALL_STATMOUNT, &request, answer, sizeof(answer), 0) == 0)
		return LIFE_ALIVE;
	return errno == ENOENT ? LIFE_GONE : LIFE_UNKNOWN;
}
