/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user that makes a call: root, or one of a few plain users with groups. If the test itself
 * does not run as root, all calls are made by its own user. */
#pragma once

#include <stddef.h>

#define CREDENTIALS_N 4 /* 0 is root */

/* Returns the user as text for people: "uid:gid:groups". */
const char *credentials_name(size_t who);

/* Becomes user WHO, with the umask UMASK, for the next calls. */
int credentials_take(size_t who, unsigned umask_);
void credentials_drop(void);

/* credentials_pause makes the process root again, to look at a result; credentials_resume makes it
 * the user again. So the look does not depend on the user's rights. */
void credentials_pause(void);
void credentials_resume(void);
