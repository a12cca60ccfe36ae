/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/backend/mount_ioctl.h"

#include "common/base/bounded.h"
#include "common/base/error.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

struct question {
	int (*ask)(int fd, void *data);
	char path[PATH_MAX];
	_Alignas(max_align_t) char data[];
};

/* Check the type of the filesystem first: for another filesystem the ioctl's number may mean
 * something else. */
static int ask(void *arg)
{
	struct question *question = arg;
	struct statfs fs;
	auto_close int fd = sys(open(question->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (fd < 0)
		return fd;
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return fs.f_type == FUSE_SUPER_MAGIC ? question->ask(fd, question->data) : -ENOTTY;
}

static const struct mount_ioctl_result *find_result(
	const struct mount_ioctl_result *results, size_t n, int code)
{
	for (size_t i = 0; i < n; i++)
		if (results[i].code == code)
			return &results[i];
	return NULL;
}

static int explain(
	const struct mount_ioctl *what, int r, const char *target, struct shale_error *err)
{
	static const struct mount_ioctl_result common[] = {
		{ -ENOTTY, "no shale-fuse of this version serves it",
			"unmount it and mount it again" },
		{ -ENOSYS, "no shale-fuse of this version serves it",
			"unmount it and mount it again" },
		{ -EPERM, "only root and the user who mounted it may", "" },
		{ -ETIMEDOUT, "its daemon does not answer", "" },
	};
	const struct mount_ioctl_result *row = find_result(what->results, what->n_results, r);
	int code = r == -ENOTTY || r == -ENOSYS ? -EOPNOTSUPP : r;

	if (!row)
		row = find_result(common, sizeof(common) / sizeof(*common), r);
	if (!row)
		return error_fail(err, code, "%s '%s'", what->action, target);
	if (*row->remedy)
		error_remedy(err, code, "%s", row->remedy);
	return error_fail_plain(err, code, "%s '%s': %s", what->action, target, row->why);
}

int mount_ioctl(const struct mount_ioctl *what, const char *target, void *data, size_t size,
	struct shale_error *err)
{
	auto_free struct question *question = calloc(1, sizeof(*question) + size);

	if (!question || strlen(target) >= sizeof(question->path))
		return error_fail(
			err, question ? -ENAMETOOLONG : -ENOMEM, "%s '%s'", what->action, target);
	question->ask = what->ask;
	strcpy(question->path, target);
	memcpy(question->data, data, size);
	int r = bounded_call(ask, question, sizeof(*question) + size, what->most);
	memcpy(data, question->data, size);
	return r < 0 ? explain(what, r, target, err) : r;
}
