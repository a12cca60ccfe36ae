/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the default paths of HOME and RUN, and the privileges of this process. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

/* Tells whether the process has euid 0 in the initial user namespace: 1, 0 or a negative errno. */
int user_is_real_root(void);
/* Tells whether the process may set any owner: it has uid 0, in the initial user namespace or in
 * one with more than one id. Returns 1, 0 or a negative errno. */
int user_may_chown(void);

/* These return the default paths, which the caller frees. */
int home_default(char **ret, struct shale_error *err);
int run_default(char **ret, struct shale_error *err);

/* Makes PATH (mode 0700) and the missing directories above it, and opens it; RET_PATH is its
 * absolute name. */
int dir_open_private(const char *path, char **ret_path, struct shale_error *err);
/* Checks that the directory FD belongs to this user, and that no other user may write to it.
 * Returns 0 or -EPERM. */
int dir_must_be_private(int fd, struct shale_error *err);
/* Makes the directory NAME in DIRFD (mode 0700) if it is missing, and opens it. */
int dir_open_sub(int dirfd, const char *name, struct shale_error *err);
