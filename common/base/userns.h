/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User namespaces. shale_unshare (common/shale.h) makes one. */
#pragma once

#include <stdbool.h>

/* Whether this process is in a user namespace other than the initial one. Then its root is not the
 * host's. */
bool in_user_namespace(void);
