/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command to run in a container, and the files that it sees. */
#pragma once

#include "tools/shale/container/rootfs.h"

#include <stdbool.h>
#include <stddef.h>

struct container {
	const char *root;     /* path of the layer's merged view */
	char *const *command; /* NULL-terminated; the first word is looked up in PATH of ENV */
	char *const *env;     /* NULL-terminated */
	const char *user, *working_dir; /* as in an image's config; "" if not set */
	/* directories that are made if they are missing; NULL-terminated */
	char *const *directories;
	const struct rootfs_volume *volumes;
	size_t n_volumes;
	bool no_new_privileges;
};
