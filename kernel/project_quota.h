/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Project quotas (ext4, xfs): directories that together may take so much of their filesystem. */
#pragma once

#include <stdint.h>

#include "common/shale.h"

/*
 * Makes the directories UPPER and WORK (relative to HOME) with all that is in them one project of
 * their own, if they are none yet, and lets it take BYTES. A new project's number is one that the
 * filesystem knows nothing of. What is a symbolic link or a device already stays outside: no call
 * reaches it, and it takes next to nothing. -EOPNOTSUPP, with words, where the filesystem keeps no
 * project quotas; -EPERM for all but root of the initial user namespace.
 */
int projquota_limit(
	int home, const char *upper, const char *work, uint64_t bytes, struct shale_error *err);
