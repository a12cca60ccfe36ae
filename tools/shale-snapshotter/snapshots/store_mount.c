/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/snapshots/store_mount.h"

#include "common/base/scope.h"
#include "tools/shale-snapshotter/snapshots/mounts.h"

#include <stdio.h>
#include <string.h>

static bool has_map(const struct snapshot *snapshot)
{
	return labels_get(&snapshot->labels, SNAPSHOT_UIDMAP) ||
	       labels_get(&snapshot->labels, SNAPSHOT_GIDMAP);
}

/* Tells whether only FUSE can mount the snapshot: the kernel limits no layer's size here, and maps
 * no owners of a view. */
static bool only_fuse_can(const struct snapshot *snapshot)
{
	return snapshot->kind == SNAPSHOT_VIEW
		       ? has_map(snapshot)
		       : labels_get(&snapshot->labels, SNAPSHOT_MAX_SIZE) != NULL;
}

bool store_mount_is_needed(const struct catalog *catalog, const struct snapshot *snapshot,
	const struct snapshot *parent)
{
	if (catalog->fuse || snapshot->kind == SNAPSHOT_COMMITTED || only_fuse_can(snapshot))
		return false;
	return has_map(snapshot) || !mount_fits(catalog, snapshot->kind, parent);
}

/* Returns the map of owners in LABEL, with colons instead of commas for libshale. Without LABEL all
 * ids stay as they are. */
static char *map_of(const struct snapshot *snapshot, const char *label)
{
	const char *value = labels_get(&snapshot->labels, label);
	char *map = strdup(value ? value : "0:0:4294967295");

	for (char *p = map; p && (p = strchr(p, ','));)
		*p = ':';
	return map;
}

/* A mount of the snapshot that an earlier run of the service has made. */
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

/* Returns the path of such a mount; NULL: there is none. */
static char *find_earlier(struct catalog *catalog, const struct snapshot *snapshot)
{
	struct earlier earlier = { 0 };
	int r = shale_layer_metadata(catalog->store, snapshot->layer, look, &earlier, NULL);

	if (r == 0 && earlier.mounted)
		return earlier.path;
	free(earlier.path);
	return NULL;
}

static int get(struct catalog *catalog, struct snapshot *snapshot, struct shale_error *err)
{
	struct shale_mount_options options = { .size = sizeof(options) };
	auto_free char *uids = map_of(snapshot, SNAPSHOT_UIDMAP);
	auto_free char *gids = map_of(snapshot, SNAPSHOT_GIDMAP);
	char *path;

	if (!uids || !gids)
		return -ENOMEM;
	if (has_map(snapshot)) {
		options.uidmap = uids;
		options.gidmap = gids;
	}
	int r = shale_layer_get(catalog->store, snapshot->layer, &options, &path, err);
	if (r == 0)
		snapshot->mounted = path;
	return r;
}

void store_mount_begin(struct catalog *catalog, struct snapshot *snapshot)
{
	struct shale_error err = { 0 };

	if (snapshot->mounted || !snapshot->owns_layer ||
		!store_mount_is_needed(catalog, snapshot, snapshot->parent))
		return;
	snapshot->mounted = find_earlier(catalog, snapshot);
	if (!snapshot->mounted && get(catalog, snapshot, &err) < 0)
		fprintf(stderr, "<4>snapshot '%s': %s: mounted by FUSE\n", snapshot->key, err.text);
}

int store_mount_end(struct catalog *catalog, struct snapshot *snapshot, struct shale_error *err)
{
	if (!snapshot->mounted)
		return 0;
	int r = shale_layer_put(catalog->store, snapshot->layer, NULL, err);
	if (r == 0)
		free(steal_ptr(&snapshot->mounted));
	return r;
}

void store_mount_all(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->n; i++)
		store_mount_begin(catalog, catalog->snapshots[i]);
}
