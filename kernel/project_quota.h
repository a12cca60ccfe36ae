/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Project quotas (ext4, xfs): one limit on the disk space of some directories together. */
#pragma once

#include <stdint.h>

#include "common/shale.h"

/* Limits the directories UPPER and WORK (relative to HOME) to BYTES together. If they are in no
 * project yet, chooses a number that the filesystem does not use, and puts them into this project
 * with everything in them. Existing symbolic links and devices stay outside, because no call can
 * change them; they take almost no space. Returns -EOPNOTSUPP, with words, if the filesystem has no
 * project quotas; -EPERM unless the caller is root of the initial user namespace. */
int project_quota_limit(
	int home, const char *upper, const char *work, uint64_t bytes, struct shale_error *err);
