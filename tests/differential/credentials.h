/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who makes a call: root, or one of a few plain users with groups. */
#pragma once

#include <stddef.h>

#define CREDENTIALS_N 4 /* 0 is root */

/* "uid:gid:groups", for people. */
const char *credentials_name(size_t who);

/* Becomes WHO, whose umask is UMASK, for the next calls; the caller is root. */
int credentials_take(size_t who, unsigned umask_);
void credentials_drop(void);
