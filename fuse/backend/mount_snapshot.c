/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/backend/mount_snapshot.h"

#include "common/base/scope.h"
#include "fuse/backend/mount_ioctl.h"

#define ANSWER_MS 60000 /* ms: long, since running requests may wait for a disk */

static int ask(int fd, void *answer)
{
	return sys(ioctl(fd, MOUNT_SNAPSHOT, answer));
}

int mount_snapshot(const char *target, struct mount_snapshot *ret, struct shale_error *err)
{
	static const struct mount_ioctl_result results[] = {
		{ -EROFS, "it is read-only", "" },
		{ -EOPNOTSUPP,
			"it has an index (index=on), or the filesystem of its upper layer lacks "
			"xattrs, links or inode numbers",
			"mount it without the option, on another filesystem" },
		{ -EMFILE, "it has as many lower layers as a mount can have",
			"unmount it, and merge its layers: shale flatten" },
		{ -EBUSY, "its requests take too long, or too many removed files are open in it",
			"try again when it is less busy" },
		{ -EMLINK, "a file that is in use has several names (hard links)",
			"try again when the file is in use no more" },
	};
	static const struct mount_ioctl what = { "take a snapshot of", ANSWER_MS, ask, results,
		sizeof(results) / sizeof(*results) };

	return mount_ioctl(&what, target, ret, sizeof(*ret), err);
}
