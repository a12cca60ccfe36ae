/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings that dockerd gives for all layers when it starts. They are kept in the store's run
 * directory, because dockerd does not repeat them for a plug-in that restarts. */
#pragma once

#include <jansson.h>
#include <pthread.h>

#include "common/shale.h"

/* How a container's user namespace maps owners. */
struct mapping {
	char *uidmap, *gidmap; /* maps in the form of struct shale_mount_options; NULL: none */
	unsigned int root_gid; /* host gid of the container's root */
	char *home; /* dockerd's directory for the driver, which the container's root may enter */
};
void mapping_free(struct mapping *mapping);
#define auto_mapping __attribute__((cleanup(mapping_free)))

struct settings {
	char *path;           /* path of the settings' file */
	pthread_mutex_t lock; /* guards the other fields */
	struct mapping mapping;
	char *size; /* size limit of writable layers that have none of their own; NULL: no limit */
};

/* Reads the settings that an earlier process of this boot wrote, if there are any. */
int settings_open(struct shale_store *store, struct settings *ret, struct shale_error *err);
void settings_close(struct settings *settings);
/* Takes the settings of an Init request, and writes the file. Returns -EINVAL for an unknown option
 * or a malformed map. */
int settings_take(struct settings *settings, const json_t *request, struct shale_error *err);

/* Copy a setting. The caller frees the copy. */
int settings_mapping(struct settings *settings, struct mapping *ret, struct shale_error *err);
int settings_size(struct settings *settings, char **ret, struct shale_error *err);
