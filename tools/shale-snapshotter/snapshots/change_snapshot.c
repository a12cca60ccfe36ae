/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes existing snapshots: commits, labels, measures and removes them. */
#include "common/base/scope.h"
#include "tools/shale-snapshotter/snapshots/change_snapshot.h"
#include "tools/shale-snapshotter/snapshots/store_mount.h"

#include <string.h>

static enum wire_status not_found(struct shale_error *err, const char *key)
{
	return snapshot_fail(err, WIRE_NOT_FOUND, "snapshot %s does not exist: not found", key);
}

static enum wire_status out_of_memory(struct shale_error *err)
{
	return snapshot_fail(err, WIRE_RESOURCE_EXHAUSTED, "out of memory");
}

static void release(struct catalog *catalog, struct snapshot *snapshot)
{
	pthread_mutex_lock(&catalog->lock);
	catalog_release(catalog, snapshot);
	pthread_mutex_unlock(&catalog->lock);
}

static struct snapshot *claim(struct catalog *catalog, const char *key, enum snapshot_state state)
{
	pthread_mutex_lock(&catalog->lock);
	struct snapshot *snapshot = catalog_claim(catalog, key, state);
	pthread_mutex_unlock(&catalog->lock);
	return snapshot;
}

/* ---- commit ---- */

/* Reserves NAME for the committed snapshot, so that no other call takes it meanwhile. */
static enum wire_status reserve(struct catalog *catalog, const char *name, const char *key,
	struct snapshot **ret_place, struct snapshot **ret, struct shale_error *err)
{
	struct snapshot *place = snapshot_new(name, SNAPSHOT_COMMITTED);
	enum wire_status status = WIRE_OK;

	if (!place)
		return out_of_memory(err);
	place->state = SNAPSHOT_IN_THE_MAKING;
	pthread_mutex_lock(&catalog->lock);
	struct snapshot *snapshot = catalog_claim(catalog, key, SNAPSHOT_BUSY);
	if (catalog_has_name(catalog, name))
		status = snapshot_fail(
			err, WIRE_ALREADY_EXISTS, "snapshot %s: already exists", name);
	else if (!snapshot)
		status = not_found(err, key);
	else if (snapshot->kind != SNAPSHOT_ACTIVE)
		status = snapshot_fail(err, WIRE_FAILED_PRECONDITION,
			"snapshot %s is not active: failed precondition", key);
	else if (catalog_add(catalog, place) < 0)
		status = out_of_memory(err);
	if (status != WIRE_OK && snapshot)
		catalog_release(catalog, snapshot);
	pthread_mutex_unlock(&catalog->lock);
	if (status != WIRE_OK)
		snapshot_free(place);
	*ret_place = place;
	*ret = snapshot;
	return status;
}

/* Commits SNAPSHOT in the catalog: it takes name and labels of PLACE, which has reserved the new
 * name. */
static void take_place(struct catalog *catalog, struct snapshot *snapshot, struct snapshot *place)
{
	char *key = snapshot->key;
	struct labels labels = snapshot->labels;

	pthread_mutex_lock(&catalog->lock);
	catalog_drop(catalog, place);
	catalog_drop(catalog, snapshot);
	snapshot->key = place->key;
	snapshot->labels = place->labels;
	snapshot->created = place->created;
	snapshot->updated = place->updated;
	snapshot->kind = SNAPSHOT_COMMITTED;
	place->key = key;
	place->labels = labels;
	/* This cannot fail: the catalog has room, because a snapshot was just removed from it. */
	catalog_add(catalog, snapshot);
	catalog_release(catalog, snapshot);
	pthread_mutex_unlock(&catalog->lock);
	snapshot_free(place);
}

static void forget_place(struct catalog *catalog, struct snapshot *snapshot, struct snapshot *place)
{
	store_mount_begin(catalog, snapshot);
	pthread_mutex_lock(&catalog->lock);
	catalog_drop(catalog, place);
	catalog_release(catalog, snapshot);
	pthread_mutex_unlock(&catalog->lock);
	snapshot_free(place);
}

/* Returns the text of the hold for the committed snapshot. */
static char *committed_text(const struct snapshot *snapshot, const struct snapshot *place)
{
	struct snapshot committed = *place;

	committed.parent = snapshot->parent;
	committed.owns_layer = true;
	return snapshot_write(&committed);
}

enum wire_status snapshot_commit(struct catalog *catalog, const char *name, const char *key,
	struct labels *labels, struct shale_error *err)
{
	struct snapshot *snapshot = NULL, *place = NULL;
	enum wire_status status = reserve(catalog, name, key, &place, &snapshot, err);

	if (status != WIRE_OK)
		return status;
	place->labels = *labels;
	*labels = (struct labels){ 0 };
	auto_free char *text = committed_text(snapshot, place);
	const struct shale_commit_options options = { .size = sizeof(options),
		.flags = SHALE_COMMIT_MOVE,
		.hold = snapshot->hold,
		.hold_data = text };
	if (!text)
		snapshot_fail(err, WIRE_OK, "a key or a label is not UTF-8");
	int r = text ? store_mount_end(catalog, snapshot, err) : -EINVAL;
	if (r == 0)
		r = shale_layer_commit(
			catalog->store, snapshot->layer, snapshot->layer, &options, err);
	if (r == 0)
		take_place(catalog, snapshot, place);
	else
		forget_place(catalog, snapshot, place);
	return r == 0 ? WIRE_OK : snapshot_fail_store(r);
}

/* ---- removal ---- */

static int remove_last(struct catalog *catalog, struct snapshot *snapshot, struct shale_error *err)
{
	int r = store_mount_end(catalog, snapshot, err);
	const struct shale_remove_options options = { .size = sizeof(options),
		.hold = snapshot->hold };

	if (r < 0)
		return r;
	r = snapshot->owns_layer
		    ? shale_layer_remove(catalog->store, snapshot->layer, &options, err)
		    : shale_layer_hold(catalog->store, snapshot->layer, snapshot->hold, NULL, err);

	/* If another program has removed the layer, the snapshot is gone, as was asked. */
	return r == -ENOENT && shale_layer_exists(catalog->store, snapshot->layer, NULL) == 0 ? 0
											      : r;
}

enum wire_status snapshot_remove(struct catalog *catalog, const char *key, struct shale_error *err)
{
	pthread_mutex_lock(&catalog->lock);
	struct snapshot *snapshot = catalog_claim(catalog, key, SNAPSHOT_LEAVING);
	bool has_children = snapshot && snapshot->children;
	if (has_children)
		catalog_release(catalog, snapshot);
	pthread_mutex_unlock(&catalog->lock);
	if (!snapshot)
		return not_found(err, key);
	if (has_children)
		return snapshot_fail(err, WIRE_FAILED_PRECONDITION,
			"cannot remove snapshot %s, which has children: failed precondition", key);
	int r = remove_last(catalog, snapshot, err);
	if (r < 0) {
		store_mount_begin(catalog, snapshot);
		release(catalog, snapshot);
		return snapshot_fail_store(r);
	}
	pthread_mutex_lock(&catalog->lock);
	catalog_drop(catalog, snapshot);
	if (snapshot->parent)
		snapshot->parent->children--;
	pthread_cond_broadcast(&catalog->released);
	pthread_mutex_unlock(&catalog->lock);
	snapshot_free(snapshot);
	return WIRE_OK;
}

/* ---- labels ---- */

static int copy_labels(const struct labels *from, struct labels *to)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->n; i++)
		r = labels_set(to, from->list[i].key, from->list[i].value);
	return r;
}

static int write_labels(struct catalog *catalog, const struct snapshot *snapshot,
	const struct labels *labels, struct timespec updated, struct shale_error *err)
{
	struct snapshot changed = *snapshot;

	changed.labels = *labels;
	changed.updated = updated;
	auto_free char *text = snapshot_write(&changed);
	if (!text)
		return snapshot_fail(err, WIRE_OK, "a label is not UTF-8"), -EINVAL;
	return shale_layer_hold(catalog->store, snapshot->layer, snapshot->hold, text, err);
}

enum wire_status snapshot_relabel(struct catalog *catalog, const char *key,
	int (*change)(struct labels *labels, void *arg), void *arg, struct shale_error *err)
{
	struct labels labels = { 0 };
	struct timespec now;
	struct snapshot *snapshot = claim(catalog, key, SNAPSHOT_BUSY);

	if (!snapshot)
		return not_found(err, key);
	clock_gettime(CLOCK_REALTIME, &now);
	int r = copy_labels(&snapshot->labels, &labels);
	if (r == 0)
		r = change(&labels, arg);
	if (r == 0)
		r = write_labels(catalog, snapshot, &labels, now, err);
	pthread_mutex_lock(&catalog->lock);
	if (r == 0) {
		struct labels old = snapshot->labels;

		snapshot->labels = labels;
		snapshot->updated = now;
		labels = old;
	}
	catalog_release(catalog, snapshot);
	pthread_mutex_unlock(&catalog->lock);
	labels_free(&labels);
	return r < 0 ? snapshot_fail_store(r) : WIRE_OK;
}

/* ---- sizes ---- */

enum wire_status snapshot_usage(struct catalog *catalog, const char *key, int64_t *ret_bytes,
	int64_t *ret_inodes, struct shale_error *err)
{
	struct snapshot *snapshot = claim(catalog, key, SNAPSHOT_BUSY);
	uint64_t bytes = 0, files = 0;
	int r = 0;

	if (!snapshot)
		return not_found(err, key);
	bool counted = snapshot->kind == SNAPSHOT_COMMITTED && snapshot->bytes >= 0;
	bool counts = !counted && snapshot->kind != SNAPSHOT_VIEW;
	if (counts)
		r = shale_layer_usage(catalog->store, snapshot->layer, &bytes, &files, err);
	*ret_bytes = counted ? snapshot->bytes : (int64_t)bytes;
	*ret_inodes = counted ? snapshot->inodes : (int64_t)files;
	pthread_mutex_lock(&catalog->lock);
	if (r == 0 && counts && snapshot->kind == SNAPSHOT_COMMITTED) {
		snapshot->bytes = (int64_t)bytes;
		snapshot->inodes = (int64_t)files;
	}
	catalog_release(catalog, snapshot);
	pthread_mutex_unlock(&catalog->lock);
	return r < 0 ? snapshot_fail_store(r) : WIRE_OK;
}

enum wire_status snapshot_cleanup(struct catalog *catalog, struct shale_error *err)
{
	int r = shale_store_gc(catalog->store, NULL, NULL, NULL, err);

	return r < 0 ? snapshot_fail_store(r) : WIRE_OK;
}
