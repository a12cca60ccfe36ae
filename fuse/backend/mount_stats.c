/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/backend/mount_stats.h"

#include "common/base/bounded.h"
#include "common/base/error.h"
#include "common/base/scope.h"
#include "fuse/stats_ioctl.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#define ANSWER_MOST 5000 /* ms */

struct question {
	char answer[MOUNT_STATS_SIZE];
	char path[PATH_MAX];
};

/* Check the filesystem's type first: another filesystem may use the ioctl's number for something
 * else. */
static int ask(void *data)
{
	struct question *question = data;
	struct statfs fs;
	auto_close int fd = sys(open(question->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (fd < 0)
		return fd;
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return fs.f_type == FUSE_SUPER_MAGIC ? sys(ioctl(fd, MOUNT_STATS, question->answer))
					     : -ENOTTY;
}

static int tell(char *answer, shale_pair_fn *fn, void *arg)
{
	char *save, *line = strtok_r(answer, "\n", &save);
	int r = 0;

	for (; r == 0 && line; line = strtok_r(NULL, "\n", &save)) {
		char *space = strchr(line, ' ');

		if (!space)
			continue;
		*space = 0;
		r = fn(line, space + 1, arg);
	}
	return r;
}

int mount_stats_ask(const char *target, shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	auto_free struct question *question = calloc(1, sizeof(*question));

	if (!question)
		return error_fail(err, -ENOMEM, "ask '%s' for statistics", target);
	if (strlen(target) >= sizeof(question->path))
		return error_fail(err, -ENAMETOOLONG, "ask '%s' for statistics", target);
	strcpy(question->path, target);
	int r = bounded_call(ask, question, sizeof(*question), ANSWER_MOST);
	if (r == -ENOTTY || r == -ENOSYS)
		return error_fail_plain(err, -EOPNOTSUPP,
			"ask '%s' for statistics: no shale-fuse of this version serves it", target);
	if (r == -ETIMEDOUT)
		return error_fail_plain(
			err, r, "ask '%s' for statistics: its daemon does not answer", target);
	if (r < 0)
		return error_fail(err, r, "ask '%s' for statistics", target);
	question->answer[sizeof(question->answer) - 1] = 0;
	return tell(question->answer, fn, arg);
}
