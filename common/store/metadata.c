/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/store.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/features.h"
#include "common/store/files/jsonfile.h"
#include "common/store/layer.h"
#include "common/store/size_limit.h"
#include "common/store/layer_ids.h"
#include "common/store/mount/layer_mount.h"
#include "common/store/store_struct.h"
#include "common/store/foreign/foreign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Passes key and value pairs to FN, until FN returns non-zero. */
struct teller {
	shale_pair_fn *fn;
	void *arg;
};

static int tell_path(const struct teller *teller, const char *key, const struct shale_store *store,
	const char *id, const char *dir)
{
	auto_free char *path = NULL;

	if (asprintf(&path, "%s/%s/%s", store->home_path, id, dir) < 0)
		return -ENOMEM;
	return teller->fn(key, path, teller->arg);
}

static int tell_lowers(const struct teller *teller, const struct shale_store *store,
	const struct layer *layer, struct shale_error *err)
{
	auto_free char *text = NULL;
	char **ids;
	size_t size;

	if (!layer->n_lowers)
		return 0;
	int r = layer_chain(store, layer, &ids, err);
	if (r < 0)
		return r;
	FILE *out = open_memstream(&text, &size);
	for (size_t i = 1; out && ids[i]; i++)
		fprintf(out, "%s%s/%s/diff", i > 1 ? ":" : "", store->home_path, ids[i]);
	layer_chain_free(ids);
	if (!out || fclose(out) != 0)
		return -ENOMEM;
	return teller->fn("LowerDir", text, teller->arg);
}

static int tell_dirs(const struct teller *teller, const struct shale_store *store,
	const struct layer *layer, struct shale_error *err)
{
	int r = tell_lowers(teller, store, layer, err);

	if (r == 0)
		r = tell_path(teller, "UpperDir", store, layer->id, "diff");
	if (r == 0)
		r = tell_path(teller, "WorkDir", store, layer->id, "work");
	return r == 0 ? tell_path(teller, "MergedDir", store, layer->id, "merged") : r;
}

/* Returns a number or a string of the record as text. */
static char *field_text(json_t *record, const char *key)
{
	json_t *value = json_object_get(record, key);
	char *text = NULL;

	if (json_is_string(value))
		return strdup(json_string_value(value));
	if (json_is_integer(value) &&
		asprintf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(value)) < 0)
		return NULL;
	return text;
}

static int tell_record(const struct teller *teller, const struct layer *layer)
{
	static const struct {
		const char *name, *key;
	} fields[] = { { "Size", "size" }, { "Entries", "entries" },
		{ "SkippedDevices", "skipped-devices" }, { "SkippedXattrs", "skipped-xattrs" },
		{ "End", "end" }, { "DiffId", "diff-id" }, { "Name", "name" },
		{ "Engine", "engine" }, { "AdoptedFrom", "adopted-from" },
		{ "SizeLimit", "size-limit" } };
	int r = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields) && r == 0; i++) {
		auto_free char *text = field_text(layer->record, fields[i].key);

		r = text ? teller->fn(fields[i].name, text, teller->arg) : 0;
	}
	return r;
}

/* Reports how often the worker of the mount was replaced. Call it only for a mount with a
 * daemon. */
static int tell_replaced(const struct teller *teller, const struct mount_use *use)
{
	const struct {
		const char *key;
		long value;
	} rows[] = { { "WorkerDeaths", use->replaced.deaths },
		{ "WorkerLastSignal", use->replaced.last_signal },
		{ "WorkerUpgrades", use->replaced.upgrades } };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(rows) / sizeof(*rows); i++) {
		char text[24];
		snprintf(text, sizeof(text), "%ld", rows[i].value);
		r = teller->fn(rows[i].key, text, teller->arg);
	}
	return r;
}

/* Reports the backend that mounts the layer; if the layer's features decide which one, also the
 * reason. */
static int tell_backend(const struct teller *teller, struct shale_store *store,
	const struct layer *layer, const char *name, const char *owners)
{
	const struct backend_ops *would;
	auto_free char *reason = NULL;
	bool special = size_limit_of(layer) || owners || (features_any(layer) & FEATURE_AUFS);
	int r = teller->fn("MountedBy", name, teller->arg);

	if (r == 0 && owners)
		r = teller->fn("MountedOwners", owners, teller->arg);
	if (r || !special || mount_choose(store, layer, owners, &would, &reason, NULL) < 0 ||
		strcmp(would->name, name) != 0)
		return r;
	return teller->fn("MountedBecause", reason, teller->arg);
}

int shale_layer_metadata(struct shale_store *store, const char *id, shale_pair_fn *fn, void *arg,
	struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	const struct teller teller = { fn, arg };
	struct mount_use use;
	char mounted[16];
	int r = layer_open(store, id, &layer, err);

	if (r < 0)
		return r;
	int users = layer_users(store, id, &use, err);
	if (users < 0)
		return users;
	auto_free char *backend = use.backend;
	auto_free char *owners = use.owners;
	snprintf(mounted, sizeof(mounted), "%d", users);
	const char *pairs[][2] = { { "Id", id }, { "Link", layer.link },
		{ "Parent", layer_parent(&layer) }, { "Kind", layer.rw ? "rw" : "layer" },
		{ "Created", layer_field(&layer, "created") },
		{ "Committed", layer_is_immutable(&layer) ? "true" : "false" },
		{ "Mounted", mounted }, { "MountState", use.state } };

	r = tell_dirs(&teller, store, &layer, err);
	for (size_t i = 0; r == 0 && i < sizeof(pairs) / sizeof(*pairs); i++)
		r = fn(pairs[i][0], pairs[i][1], arg);
	if (r == 0 && backend)
		r = tell_backend(&teller, store, &layer, backend, owners);
	if (r == 0 && (use.replaced.deaths || use.replaced.upgrades ||
			      (backend && !strcmp(backend, "fuse"))))
		r = tell_replaced(&teller, &use);
	if (r == 0)
		r = tell_record(&teller, &layer);
	return r < 0 ? error_fail(err, r, "layer '%s'", id) : r;
}

int store_layer_get_field(struct shale_store *store, const char *id, const char *key, char **ret,
	struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);

	if (r == 0)
		*ret = field_text(layer.record, key);
	return r;
}
