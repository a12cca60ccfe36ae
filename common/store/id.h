/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of layers: the ids that users choose, and the short ones that mounts use. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

#define ID_MAX    128
#define SHORT_LEN 26

/* [A-Za-z0-9][A-Za-z0-9_.-]{0,127}, but no name that the store itself uses in HOME. */
bool id_is_valid(const char *id);
/* The same, with words: 0 or -EINVAL. */
int id_check(const char *id, struct shale_error *err);

/* Makes 26 random characters of base32: a link in l/, or a name in staging/ and trash/. */
int short_make(char ret[SHORT_LEN + 1]);
bool short_valid(const char *name);
