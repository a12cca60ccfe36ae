/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/backend/mount_upgrade.h"

#include "common/base/scope.h"
#include "fuse/backend/mount_ioctl.h"
#include "fuse/mount_upgrade.h"

#include <time.h>

#define ANSWER_MS 30000   /* ms: long, since to adopt a large table takes time */
#define STEP      2000000 /* ns: pause between two looks at the counts */

/* Begins the upgrade. Then asks for the counts until one has changed; the caller has a time
 * limit. */
static int ask(int fd, void *data)
{
	struct mount_upgrades *now = data, before;
	int r = sys(ioctl(fd, MOUNT_UPGRADE, &before));

	for (*now = before; r >= 0 && now->done == before.done && now->refused == before.refused;) {
		nanosleep(&(struct timespec){ .tv_nsec = STEP }, NULL);
		r = sys(ioctl(fd, MOUNT_UPGRADES, now));
	}
	if (r < 0)
		return r;
	return now->done != before.done ? 0 : -EPROTONOSUPPORT;
}

int mount_upgrade(const char *target, struct shale_error *err)
{
	static const struct mount_ioctl_result results[] = {
		{ -EOPNOTSUPP, "it has no keeper",
			"unmount it and mount it again, without `-o keeper=off`" },
		{ -EPROTONOSUPPORT,
			"the installed shale-fuse cannot take over from the one that serves it, "
			"which goes on",
			"unmount it and mount it again" },
	};
	static const struct mount_ioctl what = { "upgrade", ANSWER_MS, ask, results,
		sizeof(results) / sizeof(*results) };
	struct mount_upgrades upgrades = { 0 };

	return mount_ioctl(&what, target, &upgrades, sizeof(upgrades), err);
}
