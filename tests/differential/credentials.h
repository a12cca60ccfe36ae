/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user that makes a call: root, or one of a few plain users with groups. If the test itself is
 * not root, every call is made by its own user. */
#pragma once

#include <stddef.h>

#define CREDENTIALS_N 4 /* 0 is root */

/* "uid:gid:groups", for people. */
const char *credentials_name(size_t who);

/* Becomes user WHO, with the umask UMASK, for the next calls. */
int credentials_take(size_t who, unsigned umask_);
void credentials_drop(void);

/* Becomes root for a look that the user does not make, and the user again. */
void credentials_pause(void);
void credentials_resume(void);
