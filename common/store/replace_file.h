/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files of the store, replaced as a whole. */
#pragma once

#include <jansson.h>

#include "common/shale.h"

/* Makes NAME in DIRFD, or replaces it, in one step and durably: readers see the old or the new
 * content, also after a crash. */
int smallfile_replace(
	const struct shale_store *store, int dirfd, const char *name, const char *content);
/* Replaces a file like smallfile_replace, by OBJECT as JSON. */
int json_replace(const struct shale_store *store, int dirfd, const char *name, const json_t *object,
	struct shale_error *err);
