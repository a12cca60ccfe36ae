/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/backend/mount_snapshot.h"

#include "common/base/bounded.h"
#include "common/base/error.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#define ANSWER_MOST 60000 /* ms: what is on its way to the disk may take long */

struct question {
	struct mount_snapshot answer;
	char path[PATH_MAX];
};

static int ask(void *data)
{
	struct question *question = data;
	struct statfs fs;
	auto_close int fd = sys(open(question->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (fd < 0)
		return fd;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != FUSE_SUPER_MAGIC)
		return -ENOTTY;
	return sys(ioctl(fd, MOUNT_SNAPSHOT, &question->answer));
}

static int explain(int r, const char *target, struct shale_error *err)
{
	static const struct {
		int code;
		const char *why, *remedy;
	} rows[] = {
		{ -ENOTTY, "no shale-fuse of this version serves it",
			"unmount it and mount it again" },
		{ -ENOSYS, "no shale-fuse of this version serves it",
			"unmount it and mount it again" },
		{ -EROFS, "it is read-only", "" },
		{ -EOPNOTSUPP,
			"it has an index (index=on), or the filesystem of its upper layer lacks "
			"xattrs, links or inode numbers",
			"mount it without the option, on another filesystem" },
		{ -EMFILE, "it has as many lower layers as a mount can have", "" },
		{ -EBUSY, "its requests take too long, or too many removed files are open in it",
			"try again when it is less busy" },
		{ -EMLINK, "a file that is in use has several names (hard links)",
			"try again when the file is in use no more" },
		{ -EPERM, "only root and the user who mounted it may", "" },
		{ -ETIMEDOUT, "its daemon does not answer", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].code == r) {
			if (*rows[i].remedy)
				error_remedy(err, r, "%s", rows[i].remedy);
			return error_fail_plain(
				err, r, "take a snapshot of '%s': %s", target, rows[i].why);
		}
	return error_fail(err, r, "take a snapshot of '%s'", target);
}

int mount_snapshot(const char *target, struct mount_snapshot *ret, struct shale_error *err)
{
	auto_free struct question *question = calloc(1, sizeof(*question));

	if (!question || strlen(target) >= sizeof(question->path))
		return error_fail(
			err, question ? -ENAMETOOLONG : -ENOMEM, "take a snapshot of '%s'", target);
	strcpy(question->path, target);
	int r = bounded_call(ask, question, sizeof(*question), ANSWER_MOST);
	*ret = question->answer;
	return r < 0 ? explain(r, target, err) : 0;
}
