/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/snapshots/catalog.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

/* Returns the position of KEY in the sorted list: that of the first snapshot whose key is not
 * smaller. */
static size_t position(const struct catalog *catalog, const char *key)
{
	size_t from = 0, to = catalog->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(catalog->snapshots[middle]->key, key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct snapshot *lookup(const struct catalog *catalog, const char *key)
{
	size_t at = position(catalog, key);
	struct snapshot *snapshot = at < catalog->n ? catalog->snapshots[at] : NULL;

	return snapshot && !strcmp(snapshot->key, key) ? snapshot : NULL;
}

struct snapshot *catalog_find(const struct catalog *catalog, const char *key)
{
	struct snapshot *snapshot = lookup(catalog, key);

	return snapshot && snapshot->state != SNAPSHOT_IN_THE_MAKING ? snapshot : NULL;
}

bool catalog_has_name(const struct catalog *catalog, const char *key)
{
	return lookup(catalog, key);
}

int catalog_add(struct catalog *catalog, struct snapshot *snapshot)
{
	size_t at = position(catalog, snapshot->key);

	if (catalog->n == catalog->capacity) {
		size_t capacity = catalog->capacity ? 2 * catalog->capacity : 64;
		struct snapshot **more = reallocarray(catalog->snapshots, capacity, sizeof(*more));

		if (!more)
			return -ENOMEM;
		catalog->snapshots = more;
		catalog->capacity = capacity;
	}
	memmove(catalog->snapshots + at + 1, catalog->snapshots + at,
		(catalog->n - at) * sizeof(snapshot));
	catalog->snapshots[at] = snapshot;
	catalog->n++;
	return 0;
}

void catalog_drop(struct catalog *catalog, struct snapshot *snapshot)
{
	size_t at = position(catalog, snapshot->key);

	catalog->n--;
	memmove(catalog->snapshots + at, catalog->snapshots + at + 1,
		(catalog->n - at) * sizeof(snapshot));
}

struct snapshot *catalog_claim(struct catalog *catalog, const char *key, enum snapshot_state state)
{
	struct snapshot *snapshot;

	while ((snapshot = catalog_find(catalog, key)) && snapshot->state != SNAPSHOT_THERE)
		pthread_cond_wait(&catalog->released, &catalog->lock);
	if (snapshot)
		snapshot->state = state;
	return snapshot;
}

void catalog_release(struct catalog *catalog, struct snapshot *snapshot)
{
	snapshot->state = SNAPSHOT_THERE;
	pthread_cond_broadcast(&catalog->released);
}

/* ---- at the start ---- */

/* A snapshot as it was read from a hold. It has the name of its parent, which may be read later. */
struct found {
	struct catalog *catalog;
	char **parents; /* name of each snapshot's parent, in the order of LIST */
	struct snapshot **list;
	size_t n;
	int result;
};

static int keep(struct found *found, struct snapshot *snapshot, char *parent)
{
	char **parents = reallocarray(found->parents, found->n + 1, sizeof(*parents));
	struct snapshot **list = reallocarray(found->list, found->n + 1, sizeof(*list));

	found->parents = parents ? parents : found->parents;
	found->list = list ? list : found->list;
	if (!parents || !list)
		return -ENOMEM;
	parents[found->n] = parent;
	list[found->n++] = snapshot;
	return 0;
}

static int take_hold(const struct shale_hold *hold, void *arg)
{
	struct found *found = arg;
	auto_free char *parent = NULL;

	if (strncmp(hold->name, SNAPSHOT_HOLD, strlen(SNAPSHOT_HOLD)) != 0)
		return 0;
	struct snapshot *snapshot = snapshot_read(hold->data, &parent);
	if (!snapshot) {
		fprintf(stderr, "<4>layer '%s': hold '%s' is damaged\n", hold->layer, hold->name);
		return 0;
	}
	snapshot->hold = strdup(hold->name);
	snapshot->layer = strdup(hold->layer);
	int r = snapshot->hold && snapshot->layer ? keep(found, snapshot, parent) : -ENOMEM;
	if (r < 0) {
		snapshot_free(snapshot);
		return r;
	}
	steal_ptr(&parent);
	return catalog_add(found->catalog, snapshot);
}

static void find_parents(struct found *found)
{
	for (size_t i = 0; i < found->n; i++) {
		struct snapshot *snapshot = found->list[i];

		if (!*found->parents[i])
			continue;
		snapshot->parent = lookup(found->catalog, found->parents[i]);
		if (snapshot->parent)
			snapshot->parent->children++;
		else
			fprintf(stderr, "<4>snapshot '%s': its parent '%s' is lost\n",
				snapshot->key, found->parents[i]);
	}
}

static int read_holds(struct catalog *catalog, struct shale_error *err)
{
	struct found found = { .catalog = catalog };
	int r = shale_layer_list_holds(catalog->store, take_hold, &found, err);

	if (r == 0)
		find_parents(&found);
	for (size_t i = 0; i < found.n; i++)
		free(found.parents[i]);
	free(found.parents);
	free(found.list);
	return r;
}

/* Takes a lock on the store: a second catalog of the same store would not see the changes of the
 * first. */
static int lock_out_others(struct catalog *catalog, const char *run)
{
	auto_free char *path = NULL;

	if (asprintf(&path, "%s/snapshotter.lock", run) < 0)
		return path = NULL, -ENOMEM;
	catalog->alone = sys(open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
	return catalog->alone < 0 ? catalog->alone : sys(flock(catalog->alone, LOCK_EX | LOCK_NB));
}

static int take_status(const char *key, const char *value, void *arg)
{
	struct catalog *catalog = arg;

	if (!strcmp(key, "Home")) {
		catalog->home = strdup(value);
		return catalog->home ? 0 : -ENOMEM;
	}
	if (!strcmp(key, "Run"))
		return lock_out_others(catalog, value);
	if (!strcmp(key, "Backend"))
		catalog->fuse = !strcmp(value, "fuse");
	else if (!strcmp(key, "userxattr"))
		catalog->userxattr = !strcmp(value, "true");
	return 0;
}

/* Refuses a HOME whose path has one of two characters that mount options cannot quote for every
 * program that mounts. */
static int check_home(const struct catalog *catalog, struct shale_error *err)
{
	if (catalog->home && !strpbrk(catalog->home, ",:\\"))
		return 0;
	err->code = -EINVAL;
	snprintf(err->text, sizeof(err->text), "store '%s': its path holds ',', ':' or '\\'",
		catalog->home ? catalog->home : "");
	snprintf(err->remedy, sizeof(err->remedy),
		"containerd cannot mount such a path: use another --home");
	return -EINVAL;
}

int catalog_open(struct shale_store *store, struct catalog *ret, struct shale_error *err)
{
	*ret = (struct catalog){ .store = store, .alone = -1 };
	pthread_mutex_init(&ret->lock, NULL);
	pthread_cond_init(&ret->released, NULL);
	int r = shale_store_status(store, take_status, ret, err);
	if (r < 0 && !err->text[0])
		snprintf(err->text, sizeof(err->text), "serve the store: %s",
			r == -EWOULDBLOCK ? "another shale-snapshotter does" : strerror(-r));
	if (r == 0)
		r = check_home(ret, err);
	if (r == 0)
		r = read_holds(ret, err);
	if (r < 0)
		catalog_close(ret);
	return r;
}

void catalog_close(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->n; i++)
		snapshot_free(catalog->snapshots[i]);
	free(catalog->snapshots);
	free(catalog->home);
	if (catalog->alone >= 0)
		close(catalog->alone);
	pthread_mutex_destroy(&catalog->lock);
	pthread_cond_destroy(&catalog->released);
	*catalog = (struct catalog){ 0 };
}
