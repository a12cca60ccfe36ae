/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stops the processes of a control group (cgroup v2, cgroup.freeze) for a while. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

struct freezer {
	int dir;    /* the group; -1: nothing is frozen */
	bool froze; /* this process froze the group */
};
#define FREEZER_NONE ((struct freezer){ .dir = -1 })

/* Freezes GROUP, a directory, or a name below /sys/fs/cgroup, and waits until it is frozen. Returns
 * -ETIMEDOUT after ten seconds; -EINVAL if this process is in the group. */
int freezer_begin(const char *group, struct freezer *ret, struct shale_error *err);
/* Thaws the group, unless another program had frozen it before. */
void freezer_end(struct freezer *freezer);
#define auto_freezer __attribute__((cleanup(freezer_end)))
