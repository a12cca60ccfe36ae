/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of layers: the ids that users choose, and the short names that mounts use. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

#define ID_MAX    128
#define SHORT_LEN 26

/* Tells whether ID can be a layer's name: [A-Za-z0-9][A-Za-z0-9_.-]{0,127}, but no name that the
 * store itself uses in HOME. */
bool id_is_valid(const char *id);
/* Checks ID like id_is_valid. Returns 0, or -EINVAL with words. */
int id_check(const char *id, struct shale_error *err);

/* Makes 26 random characters of base32, which name a link in l/, or an entry of staging/ or
 * trash/. */
int short_make(char ret[SHORT_LEN + 1]);
bool short_valid(const char *name);
/* Makes an id for a layer that nobody named, which is made from the layer ID: ID (its end is cut
 * off if it is long), a dot, and 26 random letters and digits. */
int id_derive(const char *id, char ret[ID_MAX + 1]);
