/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a mount with mapped owners is shown: HOME of the store lets nobody but its user look, and
 * the root of a user namespace is somebody else. */
#pragma once

#include "tools/shale-docker/settings.h"

/* Mounts ID, which is mounted in the store as OPTIONS say, in MAPPING->home as well, unless it is
 * there; *RET_PATH is the caller's to free(). */
int place_show(struct shale_store *store, const char *id, const struct mapping *mapping,
	const struct shale_mount_options *options, char **ret_path, struct shale_error *err);
/* Takes it away from there, in use or not. */
int place_hide(struct shale_store *store, const char *id, const struct mapping *mapping,
	struct shale_error *err);
