/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user that makes a call: root, or one of a few plain users with groups. Where the test itself
 * is not root, everybody is who it is. */
#pragma once

#include <stddef.h>

#define CREDENTIALS_N 4 /* 0 is root */

/* "uid:gid:groups", for people. */
const char *credentials_name(size_t who);

/* Becomes WHO, whose umask is UMASK, for the next calls. */
int credentials_take(size_t who, unsigned umask_);
void credentials_drop(void);

/* Root again for a look that is not the user's, and back. */
void credentials_pause(void);
void credentials_resume(void);
