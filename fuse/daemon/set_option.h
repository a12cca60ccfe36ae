/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the value of each mount option, and keeps it in struct daemon_options. For options.c
 * alone. */
#pragma once

#include <stdbool.h>

#include "common/mount_option.h"
#include "fuse/daemon/daemon_options.h"

struct parse {
	struct daemon_options *options;
	struct shale_error *err;
	bool *last_map; /* the map to which further ranges, after a comma, are added */
};

/* Sets one option. VALUE is "" if the option has no value. Returns 0, or a negative errno with
 * words in PARSE->err. */
typedef int set_option_fn(struct parse *parse, const char *value);

extern set_option_fn *const option_setters[N_MOUNT_OPTIONS];
/* Some ignored options undo an option before them ("dev" undoes "nodev"). Returns their setter;
 * NULL: the option undoes nothing. */
set_option_fn *option_setter_of_ignored(const char *name);
/* Adds ranges such as "0:1000:1" to MAP. In the option string more ranges may follow, separated by
 * commas. */
int option_add_ranges(struct parse *parse, const char *value, struct idmap *map);
