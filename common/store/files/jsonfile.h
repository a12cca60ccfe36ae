/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small JSON files, each of which holds one object. */
#pragma once

#include <jansson.h>

#include "common/shale.h"

static inline void cleanup_json(json_t **json)
{
	json_decref(*json);
}
#define auto_json __attribute__((cleanup(cleanup_json)))

/* json_of_path makes a JSON string of a path, and json_to_path reads it back; the caller frees
 * the result, which is NULL without memory. A path that is not UTF-8 is kept as hexadecimal
 * digits behind a character that no absolute path begins with. */
char *json_of_path(const char *path);
char *json_to_path(const char *text);

/* Reads the object in the file NAME. -ENOENT has no words, since callers expect it; a file that
 * holds no object is -EINVAL. */
int json_read(int dirfd, const char *name, json_t **ret, struct shale_error *err);
