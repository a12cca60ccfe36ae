/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/sync_before_link.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define XFS_MAGIC 0x58465342

/* Whether the filesystem has a journal. ext2 has none, and ext4 may have none; ext2 has the magic
 * number of ext4. */
static bool has_journal(int fd)
{
	char link[64], target[256], path[320];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	ssize_t n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = 0;
	const char *slash = strrchr(target, '/');
	snprintf(path, sizeof(path), "/sys/fs/ext4/%s/journal_task", slash ? slash + 1 : target);
	return access(path, F_OK) == 0;
}

enum sync_mode sync_mode_of(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return SYNC_MODE_ALL;
	if (fs.f_type == XFS_MAGIC || (fs.f_type == EXT4_SUPER_MAGIC && has_journal(fd)))
		return SYNC_MODE_WRITE_OUT;
	return fs.f_type == BTRFS_SUPER_MAGIC ? SYNC_MODE_DATA : SYNC_MODE_ALL;
}

int sync_before_link(int fd, enum sync_mode sync_mode, enum copy_kind copied)
{
	enum {
		ALL = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
		      SYNC_FILE_RANGE_WAIT_AFTER
	};

	if (sync_mode == SYNC_MODE_NOT)
		return 0;
	if (sync_mode != SYNC_MODE_ALL && copied != COPIED_DATA)
		return 0;
	/* A filter may refuse sync_file_range. Then use fsync. */
	if (sync_mode == SYNC_MODE_WRITE_OUT && sync_file_range(fd, 0, 0, ALL) == 0)
		return 0;
	return sys(fsync(fd));
}
