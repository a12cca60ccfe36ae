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

/* -ENOENT comes without words, being an answer; what is no object is -EINVAL. */
int shale_json_read(int dirfd, const char *name, json_t **ret, struct shale_error *err);
/* As shale_smallfile_replace. */
int shale_json_replace(const struct shale_store *store, int dirfd, const char *name,
	const json_t *object, struct shale_error *err);
