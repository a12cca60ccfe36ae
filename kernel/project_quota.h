/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Project quotas (ext4, xfs): limit the disk space of some directories together. */
#pragma once

#include <stdint.h>

#include "common/shale.h"

/*
 * Makes the directories UPPER and WORK (relative to HOME), with everything in them, a project of
 * their own, unless they are one, and limits it to BYTES. A new project gets a number that the
 * filesystem does not use. Existing symbolic links and devices stay outside: no call can change
 * them, and they take almost no space. -EOPNOTSUPP, with words, if the filesystem has no project
 * quotas; -EPERM unless the caller is root of the initial user namespace.
 */
int project_quota_limit(
	int home, const char *upper, const char *work, uint64_t bytes, struct shale_error *err);
