/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/owners.h"

#include "common/cleanup.h"
#include "common/error.h"

#include <stdio.h>
#include <stdlib.h>

static int parse_map(const char *text, struct shale_idmap *map, struct shale_error *err)
{
	int r = shale_idmap_add(map, text);

	if (r == 0)
		r = shale_idmap_check(map);
	if (r == 0)
		return 0;
	if (r == -ENOMEM)
		return shale_fail(err, r, "map owners");
	shale_remedy(err, r, "write it like 0:100000:65536, the ids of no two ranges in common");
	return shale_fail_plain(err, r, "'%s' is no map of ids", text);
}

static int make_text(struct shale_owners *owners)
{
	auto_free char *uids = shale_idmap_text(&owners->uids, ':', ':');
	auto_free char *gids = shale_idmap_text(&owners->gids, ':', ':');

	if (uids && gids && asprintf(&owners->text, "%s %s", uids, gids) >= 0)
		return 0;
	owners->text = NULL;
	return -ENOMEM;
}

int shale_owners_parse(
	const char *uidmap, const char *gidmap, struct shale_owners *ret, struct shale_error *err)
{
	auto_owners struct shale_owners owners = SHALE_OWNERS_NONE;
	int r = 0;

	if (uidmap || gidmap) {
		r = parse_map(uidmap ? uidmap : gidmap, &owners.uids, err);
		if (r == 0)
			r = parse_map(gidmap ? gidmap : uidmap, &owners.gids, err);
		if (r == 0 && make_text(&owners) < 0)
			r = shale_fail(err, -ENOMEM, "map owners");
	}
	if (r < 0)
		return r;
	*ret = owners;
	owners = SHALE_OWNERS_NONE;
	return 0;
}

void shale_owners_free(struct shale_owners *owners)
{
	shale_idmap_clear(&owners->uids);
	shale_idmap_clear(&owners->gids);
	free(owners->text);
	*owners = SHALE_OWNERS_NONE;
}
