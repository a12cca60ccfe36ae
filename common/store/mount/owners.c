/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/owners.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <stdio.h>
#include <stdlib.h>

static int parse_map(const char *text, struct idmap *map, struct shale_error *err)
{
	int r = idmap_add(map, text);

	if (r == 0)
		r = idmap_check(map);
	if (r == 0)
		return 0;
	if (r == -ENOMEM)
		return error_fail(err, r, "map owners");
	error_remedy(err, r, "write it like 0:100000:65536, with ranges that do not overlap");
	return error_fail_plain(err, r, "'%s' is no map of ids", text);
}

static int make_text(struct owners *owners)
{
	auto_free char *uids = idmap_text(&owners->uids, ':', ':');
	auto_free char *gids = idmap_text(&owners->gids, ':', ':');

	if (uids && gids && asprintf(&owners->text, "%s %s", uids, gids) >= 0)
		return 0;
	owners->text = NULL;
	return -ENOMEM;
}

int owners_parse(
	const char *uidmap, const char *gidmap, struct owners *ret, struct shale_error *err)
{
	auto_owners struct owners owners = OWNERS_NONE;
	int r = 0;

	if (uidmap || gidmap) {
		r = parse_map(uidmap ? uidmap : gidmap, &owners.uids, err);
		if (r == 0)
			r = parse_map(gidmap ? gidmap : uidmap, &owners.gids, err);
		if (r == 0 && make_text(&owners) < 0)
			r = error_fail(err, -ENOMEM, "map owners");
	}
	if (r < 0)
		return r;
	*ret = owners;
	owners = OWNERS_NONE;
	return 0;
}

void owners_free(struct owners *owners)
{
	idmap_clear(&owners->uids);
	idmap_clear(&owners->gids);
	free(owners->text);
	*owners = OWNERS_NONE;
}
