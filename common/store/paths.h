/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The default places of a store, and the privileges of this process. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

/* Whether the process has euid 0 in the initial user namespace: 1, 0 or a negative errno. */
int user_is_real_root(void);
/* The same for uid 0 in a user namespace with more than one id, or in the initial one. */
int user_may_chown(void);

/* The default paths, for the caller to free. */
int home_default(char **ret, struct shale_error *err);
int run_default(char **ret, struct shale_error *err);

/* Makes PATH (mode 0700) and the missing directories above it, and opens it; RET_PATH is its
 * absolute name. */
int dir_open_private(const char *path, char **ret_path, struct shale_error *err);
/* Returns 0 if the directory belongs to this user, and no other user may write to it; else
 * -EPERM. */
int dir_must_be_private(int fd, struct shale_error *err);
/* Makes NAME in DIRFD (mode 0700) if need be, and opens it. */
int dir_open_sub(int dirfd, const char *name, struct shale_error *err);
