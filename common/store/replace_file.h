/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files of the store, replaced whole: readers and crashes see the old content or the new. */
#pragma once

#include <jansson.h>

#include "common/shale.h"

/* Makes NAME in DIRFD, or takes the place of what is there, in one step and durably: readers and
 * crashes see the old content or the new. */
int smallfile_replace(
	const struct shale_store *store, int dirfd, const char *name, const char *content);
/* As smallfile_replace. */
int json_replace(const struct shale_store *store, int dirfd, const char *name, const json_t *object,
	struct shale_error *err);
