/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a mount shows the owners of a layer's files: the maps that a get or mount asked for. */
#pragma once

#include "common/overlay/idmap.h"
#include "common/shale.h"

struct shale_owners {
	struct shale_idmap uids, gids;
	char *text; /* "UIDS GIDS", the same for the same maps; NULL: none, owners are as they are
		     */
};
#define SHALE_OWNERS_NONE ((struct shale_owners){ .uids.squash = -1, .gids.squash = -1 })

/* -EINVAL, with words, for what is no map. */
int shale_owners_parse(
	const char *uidmap, const char *gidmap, struct shale_owners *ret, struct shale_error *err);
void shale_owners_free(struct shale_owners *owners);
#define auto_owners __attribute__((cleanup(shale_owners_free)))
