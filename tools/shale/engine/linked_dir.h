/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory that is made again and again: files replaced in one step, and what is no more in it
 * removed. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "common/shale.h"

/* All return 0 or a negative errno with words in ERR. */
int linked_dir_make(int dirfd, const char *name, struct shale_error *err);
int linked_dir_write(int dirfd, const char *name, const char *text, struct shale_error *err);
int linked_dir_write_json(
	int dirfd, const char *name, const json_t *value, struct shale_error *err);
/* A symbolic link NAME to TARGET, in place of another one. */
int linked_dir_link(int dirfd, const char *name, const char *target, struct shale_error *err);
/* Removes the directories in NAME, and what is in them, that are no keys of KEPT. */
int linked_dir_prune(int at, const char *name, const json_t *kept, struct shale_error *err);
