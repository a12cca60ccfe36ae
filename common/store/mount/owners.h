/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a mount shows the owners of a layer's files: the maps that the get or mount asked for. */
#pragma once

#include "common/overlay/idmap.h"
#include "common/shale.h"

struct owners {
	struct idmap uids, gids;
	/* The maps as "UIDS GIDS"; equal maps have equal texts. NULL: no maps, owners are shown as
	 * they are on the disk. */
	char *text;
};
#define OWNERS_NONE ((struct owners){ .uids.squash = -1, .gids.squash = -1 })

/* Parses the maps of OPTIONS. Returns -EINVAL, with words, if a map is malformed. */
int owners_parse(
	const char *uidmap, const char *gidmap, struct owners *ret, struct shale_error *err);
void owners_free(struct owners *owners);
#define auto_owners __attribute__((cleanup(owners_free)))
