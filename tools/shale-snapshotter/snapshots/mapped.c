/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/snapshots/mapped.h"

#include "common/base/scope.h"

#include <stdio.h>
#include <string.h>

/* Only FUSE limits the size of a layer. */
static bool has_map(const struct snapshot *snapshot)
{
	const struct labels *labels = &snapshot->labels;

	return snapshot->kind == SNAPSHOT_ACTIVE && !labels_get(labels, SNAPSHOT_MAX_SIZE) &&
	       (labels_get(labels, SNAPSHOT_UIDMAP) || labels_get(labels, SNAPSHOT_GIDMAP));
}

/* libshale has colons where containerd has commas. "": LABEL is not there, so all ids are as they
 * are. */
static char *map_of(const struct snapshot *snapshot, const char *label)
{
	const char *value = labels_get(&snapshot->labels, label);
	char *map = strdup(value ? value : "0:0:4294967295");

	for (char *p = map; p && (p = strchr(p, ','));)
		*p = ':';
	return map;
}

/* A mount of an earlier run of the service. */
struct earlier {
	bool mounted;
	char *path;
};

static int look(const char *key, const char *value, void *arg)
{
	struct earlier *earlier = arg;

	if (!strcmp(key, "Mounted"))
		earlier->mounted = strcmp(value, "0") != 0;
	else if (!strcmp(key, "MergedDir"))
		earlier->path = strdup(value);
	return 0;
}

/* NULL: there is none. */
static char *find_earlier(struct catalog *catalog, const struct snapshot *snapshot)
{
	struct earlier earlier = { 0 };
	int r = shale_layer_metadata(catalog->store, snapshot->layer, look, &earlier, NULL);

	if (r == 0 && earlier.mounted)
		return earlier.path;
	free(earlier.path);
	return NULL;
}

void mapped_mount(struct catalog *catalog, struct snapshot *snapshot)
{
	if (snapshot->mounted || catalog->fuse || !has_map(snapshot))
		return;
	snapshot->mounted = find_earlier(catalog, snapshot);
	if (snapshot->mounted)
		return;
	auto_free char *uids = map_of(snapshot, SNAPSHOT_UIDMAP);
	auto_free char *gids = map_of(snapshot, SNAPSHOT_GIDMAP);
	const struct shale_mount_options options = {
		.size = sizeof(options), .uidmap = uids, .gidmap = gids
	};
	struct shale_error err = { 0 };
	char *path;

	if (uids && gids &&
		shale_layer_get(catalog->store, snapshot->layer, &options, &path, &err) == 0)
		snapshot->mounted = path;
	else
		fprintf(stderr, "<4>snapshot '%s': %s: mounted by FUSE\n", snapshot->key, err.text);
}

int mapped_unmount(struct catalog *catalog, struct snapshot *snapshot, struct shale_error *err)
{
	if (!snapshot->mounted)
		return 0;
	int r = shale_layer_put(catalog->store, snapshot->layer, NULL, err);
	if (r == 0)
		free(steal_ptr(&snapshot->mounted));
	return r;
}

void mapped_mount_all(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->n; i++)
		mapped_mount(catalog, catalog->snapshots[i]);
}
