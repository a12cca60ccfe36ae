/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings that dockerd gives at its start, for all layers: kept in the store's run directory,
 * since a plug-in that is started anew is not told again. */
#pragma once

#include <jansson.h>
#include <pthread.h>

#include "common/shale.h"

/* How a container's user namespace sees owners. */
struct mapping {
	char *uidmap, *gidmap; /* as struct shale_mount_options wants them; NULL: none */
	unsigned int root_gid; /* of the container's root, on the host */
	char *home;            /* dockerd's own for the driver, where that root may look */
};
void mapping_free(struct mapping *mapping);
#define auto_mapping __attribute__((cleanup(mapping_free)))

struct settings {
	char *path;           /* of the file */
	pthread_mutex_t lock; /* of the rest */
	struct mapping mapping;
	char *size; /* of a read-write layer that says nothing of its own; NULL: no limit */
};

/* Reads what an earlier process of this boot was told, if any. */
int settings_open(struct shale_store *store, struct settings *ret, struct shale_error *err);
void settings_close(struct settings *settings);
/* Takes those of a request of Init. -EINVAL: an option that is not known, a map that is none. */
int settings_take(struct settings *settings, const json_t *request, struct shale_error *err);

/* Copies, the caller's to free. */
int settings_mapping(struct settings *settings, struct mapping *ret, struct shale_error *err);
int settings_size(struct settings *settings, char **ret, struct shale_error *err);
