/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What dockerd says at its start, for all layers: kept in the store's run directory, since a
 * plug-in that is started anew is not told again. */
#pragma once

#include <jansson.h>
#include <pthread.h>

#include "common/shale.h"

struct settings {
	char *path;            /* of the file */
	pthread_mutex_t lock;  /* of the rest */
	char *uidmap, *gidmap; /* as struct shale_mount_options wants them; NULL: none */
	char *size; /* of a read-write layer that says nothing of its own; NULL: no limit */
};

/* Reads what an earlier process of this boot was told, if any. */
int settings_open(struct shale_store *store, struct settings *ret, struct shale_error *err);
void settings_close(struct settings *settings);
/* Takes those of a request of Init. -EINVAL: an option that is not known, a map that is none. */
int settings_take(struct settings *settings, const json_t *request, struct shale_error *err);

/* Copies, the caller's to free(). */
int settings_maps(struct settings *settings, char **ret_uidmap, char **ret_gidmap);
int settings_size(struct settings *settings, char **ret);
