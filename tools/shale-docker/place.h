/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With mapped owners, a mount is shown a second time at a "place" outside HOME: the root of a user
 * namespace must be able to enter it, and only the store's user may enter HOME. */
#pragma once

#include "tools/shale-docker/settings.h"

/* Shows the mount of ID, which the store has mounted with OPTIONS, in MAPPING->home, unless it is
 * shown there already. The caller frees *RET_PATH. */
int place_show(struct shale_store *store, const char *id, const struct mapping *mapping,
	const struct shale_mount_options *options, char **ret_path, struct shale_error *err);
/* Unmounts ID's mount in MAPPING->home, or detaches it if it is in use. */
int place_hide(struct shale_store *store, const char *id, const struct mapping *mapping,
	struct shale_error *err);
