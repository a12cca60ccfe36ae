/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/backend/mount_stats.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "fuse/backend/mount_ioctl.h"
#include "fuse/stats_ioctl.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 5000 /* ms: how long to wait for the daemon's answer */

static int ask(int fd, void *answer)
{
	return sys(ioctl(fd, MOUNT_STATS, answer));
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
	static const struct mount_ioctl what = { "ask for statistics of", ANSWER_MS, ask, NULL, 0 };
	auto_free char *answer = calloc(1, MOUNT_STATS_SIZE);

	if (!answer)
		return error_fail(err, -ENOMEM, "ask for statistics of '%s'", target);
	int r = mount_ioctl(&what, target, answer, MOUNT_STATS_SIZE, err);
	if (r < 0)
		return r;
	answer[MOUNT_STATS_SIZE - 1] = 0;
	return tell(answer, fn, arg);
}
