/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets each mount option: reads its value, and keeps it in struct daemon_options. For options.c. */
#pragma once

#include <stdbool.h>

#include "common/mount_option.h"
#include "fuse/daemon/daemon_options.h"

struct parse {
	struct daemon_options *options;
	struct shale_error *err;
	bool *last_map; /* map_uids or map_gids of the last mapping option */
};

/* Sets one option. VALUE is "" if the option has no value. Returns 0, or a negative errno with
 * words in PARSE->err. */
typedef int set_option_fn(struct parse *parse, const char *value);

extern set_option_fn *const option_setters[N_MOUNT_OPTIONS];
/* Returns the setter of an ignored option that undoes an option before it; NULL: it undoes none. */
set_option_fn *option_setter_of_ignored(const char *name);
/* Adds ranges such as "0:1000:1" to MAP. More ranges, separated by commas, may follow a mapping
 * option. */
int option_add_ranges(struct parse *parse, const char *value, struct idmap *map);
