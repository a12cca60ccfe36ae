/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command that a container runs, and the files that it sees. */
#pragma once

#include "tools/shale/container/rootfs.h"

#include <stdbool.h>
#include <stddef.h>

struct container {
	const char *root;               /* the layer's merged view */
	char *const *command;           /* NULL-terminated; looked up in PATH of ENV */
	char *const *env;               /* NULL-terminated */
	const char *user, *working_dir; /* as in an image's config; may be "" */
	char *const *directories;       /* NULL-terminated: to make if they are missing */
	const struct rootfs_volume *volumes;
	size_t n_volumes;
	bool no_new_privileges;
};
