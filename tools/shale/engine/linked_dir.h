/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory that can be written again: each file is replaced in one step, and names that are not
 * written this time are removed. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "common/shale.h"

/* Makes the directory NAME. All functions return 0 or a negative errno with words in ERR. */
int linked_dir_make(int dirfd, const char *name, struct shale_error *err);
int linked_dir_write(int dirfd, const char *name, const char *text, struct shale_error *err);
int linked_dir_write_json(
	int dirfd, const char *name, const json_t *value, struct shale_error *err);
/* Makes a symbolic link NAME to TARGET, and replaces an older link. */
int linked_dir_link(int dirfd, const char *name, const char *target, struct shale_error *err);
/* Removes the directories in NAME whose names are not keys of KEPT, with their content. */
int linked_dir_prune(int at, const char *name, const json_t *kept, struct shale_error *err);
