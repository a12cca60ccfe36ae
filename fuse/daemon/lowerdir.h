/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The value of the option lowerdir: "A:B::C", topmost first; layers behind "::" hold only data. */
#pragma once

#include "fuse/daemon/options.h"

int lowerdir_add(struct daemon_options *options, const char *value, struct shale_error *err);
/* Copies LENGTH bytes of PATH without the backslashes that escape what follows them; RET has room
 * for LENGTH + 1, and may be PATH itself. */
void lowerdir_unescape(char *ret, const char *path, size_t length);
