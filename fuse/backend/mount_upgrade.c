/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/backend/mount_upgrade.h"

#include "common/base/bounded.h"
#include "common/base/error.h"
#include "common/base/scope.h"
#include "fuse/mount_upgrade.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>

#define ANSWER_MOST 30000   /* ms: adopting a large table takes time */
#define STEP        2000000 /* ns between two questions */

struct question {
	char path[PATH_MAX];
};

static bool is_fuse(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == FUSE_SUPER_MAGIC;
}

/* Begins the upgrade, then asks for the counts until one of them has changed. The caller limits the
 * time. */
static int ask(void *data)
{
	const struct question *question = data;
	struct mount_upgrades before = { 0 }, now;
	auto_close int fd = sys(open(question->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (fd < 0)
		return fd;
	int r = is_fuse(fd) ? sys(ioctl(fd, MOUNT_UPGRADE, &before)) : -ENOTTY;
	for (now = before; r >= 0 && now.done == before.done && now.refused == before.refused;) {
		nanosleep(&(struct timespec){ .tv_nsec = STEP }, NULL);
		r = sys(ioctl(fd, MOUNT_UPGRADES, &now));
	}
	if (r < 0)
		return r;
	return now.done != before.done ? 0 : -EPROTONOSUPPORT;
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
		{ -EOPNOTSUPP, "it has no keeper",
			"unmount it and mount it again; `-o keeper=on` makes upgrades possible" },
		{ -EPERM, "only root and the user who mounted it may", "" },
		{ -EPROTONOSUPPORT,
			"the installed shale-fuse cannot take over from the one that serves it, "
			"which goes on",
			"unmount it and mount it again" },
		{ -ETIMEDOUT, "its daemon does not answer", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].code == r) {
			if (*rows[i].remedy)
				error_remedy(err, r, "%s", rows[i].remedy);
			return error_fail_plain(err, r, "upgrade '%s': %s", target, rows[i].why);
		}
	return error_fail(err, r, "upgrade '%s'", target);
}

int mount_upgrade(const char *target, struct shale_error *err)
{
	auto_free struct question *question = calloc(1, sizeof(*question));

	if (!question || strlen(target) >= sizeof(question->path))
		return error_fail(err, question ? -ENAMETOOLONG : -ENOMEM, "upgrade '%s'", target);
	strcpy(question->path, target);
	int r = bounded_call(ask, question, sizeof(*question), ANSWER_MOST);
	return r < 0 ? explain(r, target, err) : 0;
}
