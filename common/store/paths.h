/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a store lies when nobody says where, and what the process is that asks. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

/* Euid 0 in the initial user namespace: 1, 0 or a negative errno. */
int user_is_real_root(void);
/* The same of uid 0 in a user namespace with more than one id, or in the initial one. */
int user_may_chown(void);

/* The paths where nobody names one. For the caller to free. */
int home_default(char **ret, struct shale_error *err);
int run_default(char **ret, struct shale_error *err);

/* Makes PATH, 0700, and what is missing above it, and opens it; RET_PATH is its absolute name. */
int dir_open_private(const char *path, char **ret_path, struct shale_error *err);
/* 0 if the directory belongs to this user, and nobody else may write to it; else -EPERM. */
int dir_must_be_private(int fd, struct shale_error *err);
/* Makes NAME in DIRFD, 0700, if need be, and opens it. */
int dir_open_sub(int dirfd, const char *name, struct shale_error *err);
