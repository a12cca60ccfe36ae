/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes snapshots. An active snapshot, and one without a parent, gets a layer of its own. A view is
 * only a hold of its parent's layer. A committed snapshot may also be a hold of a layer that the
 * store had before. */
#include "common/base/scope.h"
#include "tools/shale-snapshotter/snapshots/change_snapshot.h"
#include "tools/shale-snapshotter/snapshots/store_mount.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define LAYER  "ctr-"
#define RANDOM 12

/* Chooses the names of the snapshot's layer and of its short link. The link is short because mount
 * options name all layers below. A view that the store mounts gets a layer of its own, so that no
 * other view uses its mount. */
static int make_names(
	const struct catalog *catalog, struct snapshot *snapshot, const struct snapshot *parent)
{
	static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char random[RANDOM];
	char name[RANDOM + 1] = "";

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	for (size_t i = 0; i < RANDOM; i++)
		name[i] = base32[random[i] % (sizeof(base32) - 1)];
	snapshot->owns_layer = !parent || snapshot->kind == SNAPSHOT_ACTIVE ||
			       store_mount_is_needed(catalog, snapshot, parent);
	if (asprintf(&snapshot->hold, SNAPSHOT_HOLD "%s", name) < 0)
		snapshot->hold = NULL;
	if (!snapshot->owns_layer)
		snapshot->layer = strdup(parent->layer);
	else if (asprintf(&snapshot->layer, LAYER "%s", name) < 0)
		snapshot->layer = NULL;
	return snapshot->hold && snapshot->layer ? 0 : -ENOMEM;
}

static int make_layer(struct catalog *catalog, const struct snapshot *snapshot, const char *text,
	struct shale_error *err)
{
	const struct shale_layer_options options = { .size = sizeof(options),
		.parent = snapshot->parent ? snapshot->parent->layer : NULL,
		.flags = snapshot->kind == SNAPSHOT_ACTIVE ? SHALE_CREATE_RW : 0,
		.hold = snapshot->hold,
		.hold_data = text };

	return shale_layer_create(catalog->store, snapshot->layer, &options, err);
}

/* Makes the layer or the hold. This is the last step: the snapshot exists after it. */
static int make_last(
	struct catalog *catalog, const struct snapshot *snapshot, struct shale_error *err)
{
	auto_free char *text = snapshot_write(snapshot);

	if (!text)
		return snapshot_fail(err, WIRE_OK, "a key or a label is not UTF-8"), -EINVAL;
	return snapshot->owns_layer ? make_layer(catalog, snapshot, text, err)
				    : shale_layer_hold(catalog->store, snapshot->layer,
					      snapshot->hold, text, err);
}

static enum wire_status find_parent(
	struct catalog *catalog, const char *name, struct snapshot **ret, struct shale_error *err)
{
	*ret = NULL;
	if (!*name)
		return WIRE_OK;
	struct snapshot *parent = catalog_find(catalog, name);
	if (!parent || parent->state == SNAPSHOT_LEAVING)
		return snapshot_fail(
			err, WIRE_NOT_FOUND, "parent snapshot %s does not exist: not found", name);
	if (parent->kind != SNAPSHOT_COMMITTED)
		return snapshot_fail(err, WIRE_INVALID_ARGUMENT,
			"parent snapshot %s is not committed: invalid argument", name);
	*ret = parent;
	return WIRE_OK;
}

/* Reserves the name, and keeps the parent from being removed. Releases the lock of the catalog. */
static enum wire_status begin(struct catalog *catalog, struct snapshot *snapshot,
	const char *parent, struct shale_error *err)
{
	enum wire_status status = WIRE_OK;

	pthread_mutex_lock(&catalog->lock);
	if (catalog_has_name(catalog, snapshot->key))
		status = snapshot_fail(
			err, WIRE_ALREADY_EXISTS, "snapshot %s: already exists", snapshot->key);
	if (status == WIRE_OK)
		status = find_parent(catalog, parent, &snapshot->parent, err);
	if (status == WIRE_OK && (make_names(catalog, snapshot, snapshot->parent) < 0 ||
					 catalog_add(catalog, snapshot) < 0))
		status = snapshot_fail(err, WIRE_RESOURCE_EXHAUSTED, "out of memory");
	if (status == WIRE_OK) {
		snapshot->state = SNAPSHOT_IN_THE_MAKING;
		if (snapshot->parent)
			snapshot->parent->children++;
	}
	pthread_mutex_unlock(&catalog->lock);
	return status;
}

static void give_up(struct catalog *catalog, struct snapshot *snapshot)
{
	pthread_mutex_lock(&catalog->lock);
	catalog_drop(catalog, snapshot);
	if (snapshot->parent)
		snapshot->parent->children--;
	pthread_mutex_unlock(&catalog->lock);
	snapshot_free(snapshot);
}

static enum wire_status finish(
	struct catalog *catalog, struct snapshot *snapshot, struct shale_error *err)
{
	int r = make_last(catalog, snapshot, err);

	if (r < 0) {
		give_up(catalog, snapshot);
		return snapshot_fail_store(r);
	}
	store_mount_begin(catalog, snapshot);
	pthread_mutex_lock(&catalog->lock);
	catalog_release(catalog, snapshot);
	pthread_mutex_unlock(&catalog->lock);
	return WIRE_OK;
}

/* ---- layers that the store has already ---- */

/* Returns the part of REF after "sha256:"; NULL if REF is not a chain id. */
static const char *chain_of(const char *ref)
{
	static const char algorithm[] = "sha256:";

	if (!ref || strncmp(ref, algorithm, sizeof(algorithm) - 1) != 0)
		return NULL;
	const char *chain = ref + sizeof(algorithm) - 1;
	return strlen(chain) == 64 && strspn(chain, "0123456789abcdef") == 64 ? chain : NULL;
}

/* Tells whether a committed snapshot of the same layer, on the same parent, exists. */
static bool has_snapshot(struct catalog *catalog, const char *ref, const char *parent)
{
	bool has = false;

	pthread_mutex_lock(&catalog->lock);
	for (size_t i = 0; !has && i < catalog->n; i++) {
		const struct snapshot *snapshot = catalog->snapshots[i];
		const char *its = labels_get(&snapshot->labels, SNAPSHOT_REF);

		has = snapshot->kind == SNAPSHOT_COMMITTED &&
		      (snapshot->state == SNAPSHOT_THERE || snapshot->state == SNAPSHOT_BUSY) &&
		      its && !strcmp(its, ref) &&
		      !strcmp(snapshot->parent ? snapshot->parent->key : "", parent);
	}
	pthread_mutex_unlock(&catalog->lock);
	return has;
}

/* A layer that the store has already, and a snapshot may use. */
struct found {
	char parent[130];
	bool immutable;
};

static int look_at(const char *key, const char *value, void *arg)
{
	struct found *found = arg;

	if (!strcmp(key, "Parent"))
		snprintf(found->parent, sizeof(found->parent), "%s", value);
	else if (!strcmp(key, "Committed"))
		found->immutable = !strcmp(value, "true");
	return 0;
}

/* If the store has the layer CHAIN of an image, and its parent is PARENT's layer, makes a committed
 * snapshot of it. */
static bool adopt(struct catalog *catalog, const char *chain, const char *ref, const char *parent)
{
	struct shale_error err = { 0 };
	struct found found = { .immutable = false };
	char name[128];

	if (shale_layer_exists(catalog->store, chain, NULL) != 1 ||
		shale_layer_metadata(catalog->store, chain, look_at, &found, NULL) < 0 ||
		!found.immutable)
		return false;
	snprintf(name, sizeof(name), "shale/%s", ref);
	struct snapshot *snapshot = snapshot_new(name, SNAPSHOT_COMMITTED);
	if (!snapshot)
		return false;
	if (labels_set(&snapshot->labels, SNAPSHOT_REF, ref) < 0 ||
		begin(catalog, snapshot, parent, &err) != WIRE_OK) {
		snapshot_free(snapshot);
		return false;
	}
	if (strcmp(found.parent, snapshot->parent ? snapshot->parent->layer : "") != 0) {
		give_up(catalog, snapshot);
		return false;
	}
	free(snapshot->layer);
	snapshot->layer = strdup(chain);
	snapshot->owns_layer = false;
	if (!snapshot->layer) {
		give_up(catalog, snapshot);
		return false;
	}
	return finish(catalog, snapshot, &err) == WIRE_OK;
}

/* containerd asks for a snapshot in order to unpack an image's layer into it. Tells whether a
 * committed snapshot for REF exists, or could be made from a layer in the store: then containerd
 * need not unpack. */
static bool is_there_already(struct catalog *catalog, const char *ref, const char *parent)
{
	const char *chain = chain_of(ref);

	if (!ref)
		return false;
	return has_snapshot(catalog, ref, parent) ||
	       (chain && adopt(catalog, chain, ref, parent)) ||
	       /* Another call may have made the snapshot meanwhile. */
	       (chain && has_snapshot(catalog, ref, parent));
}

/* ---- labels that become mount options ---- */

/* Tells whether TEXT is a map of owners: "A:B:N", and more ranges after commas. */
static bool is_map(const char *text)
{
	for (;;) {
		for (int i = 0; i < 3; i++) {
			size_t digits = strspn(text, "0123456789");

			if (!digits || digits > 10 || (i < 2 && text[digits] != ':'))
				return false;
			text += digits + (i < 2);
		}
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}

static bool is_size(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && digits < 19 && strspn(text, "0") < digits &&
	       (!text[digits] || (strchr("KMGT", text[digits]) && !text[digits + 1]));
}

static enum wire_status check_labels(const struct labels *labels, struct shale_error *err)
{
	static const struct {
		const char *label;
		bool (*is_right)(const char *text);
	} checks[] = { { SNAPSHOT_UIDMAP, is_map }, { SNAPSHOT_GIDMAP, is_map },
		{ SNAPSHOT_MAX_SIZE, is_size } };

	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		const char *value = labels_get(labels, checks[i].label);

		if (value && !checks[i].is_right(value))
			return snapshot_fail(err, WIRE_INVALID_ARGUMENT,
				"label %s=%s: invalid argument", checks[i].label, value);
	}
	return WIRE_OK;
}

enum wire_status snapshot_make(struct catalog *catalog, enum snapshot_kind kind, const char *key,
	const char *parent, struct labels *labels, struct shale_error *err)
{
	const char *ref = labels_get(labels, SNAPSHOT_REF);
	enum wire_status status = check_labels(labels, err);

	if (status != WIRE_OK)
		return status;
	struct snapshot *snapshot = snapshot_new(key, kind);
	if (!snapshot)
		return snapshot_fail(err, WIRE_RESOURCE_EXHAUSTED, "out of memory");
	if (kind == SNAPSHOT_ACTIVE && is_there_already(catalog, ref, parent)) {
		snapshot_free(snapshot);
		return snapshot_fail(
			err, WIRE_ALREADY_EXISTS, "target snapshot %s: already exists", ref);
	}
	snapshot->labels = *labels;
	*labels = (struct labels){ 0 };
	status = begin(catalog, snapshot, parent, err);
	if (status != WIRE_OK) {
		snapshot_free(snapshot);
		return status;
	}
	return finish(catalog, snapshot, err);
}
