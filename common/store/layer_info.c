/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports layers: shale_layer_list, shale_layer_info. */
#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/files/timestamp.h"
#include "common/store/foreign/adopted.h"
#include "common/store/layer.h"
#include "common/store/layer_ids.h"
#include "common/store/size_limit.h"
#include "common/store/store_struct.h"

#include <stdlib.h>
#include <string.h>

static uint64_t number_of(const struct layer *layer, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(layer->record, key));

	return n > 0 ? (uint64_t)n : 0;
}

static unsigned long warnings_of(const struct layer *layer)
{
	return (!strcmp(layer_field(layer, "end"), "missing") ? SHALE_WARN_NO_END : 0) |
	       (number_of(layer, "skipped-devices") ? SHALE_WARN_DEVICES : 0) |
	       (number_of(layer, "skipped-xattrs") ? SHALE_WARN_XATTRS : 0);
}

static int layer_info_with(const struct shale_store *store, const char *id, shale_layer_fn *fn,
	void *arg, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);

	if (r < 0)
		return r;
	struct mount_use use;
	int users = layer_users(store, id, &use, err);
	if (users < 0)
		return users;
	auto_free char *backend = use.backend;
	auto_free char *owners = use.owners;
	const char *adopted = adopted_from(&layer);
	const struct shale_layer_info info = { .id = id,
		.parent = layer_parent(&layer),
		.kind = layer.rw ? "rw" : "layer",
		.created = timestamp_parse(layer_field(&layer, "created")),
		.committed = layer_is_immutable(&layer),
		.mounted = users,
		.state = use.state,
		.backend = backend ? backend : "",
		.owners = owners ? owners : "",
		.bytes = number_of(&layer, "size"),
		.entries = number_of(&layer, "entries"),
		.diff_id = layer_field(&layer, "diff-id"),
		.skipped_devices = number_of(&layer, "skipped-devices"),
		.skipped_xattrs = number_of(&layer, "skipped-xattrs"),
		.warnings = warnings_of(&layer),
		.size_limit = size_limit_of(&layer),
		.adopted_from = adopted ? adopted : "",
		.worker_deaths = use.replaced.deaths,
		.worker_upgrades = use.replaced.upgrades,
		.worker_last_signal = use.replaced.last_signal };
	return fn(&info, arg);
}

static int tell(const struct shale_store *store, const char *id, shale_layer_fn *fn, void *arg,
	struct shale_error *err)
{
	int r = layer_info_with(store, id, fn, arg, err);

	/* The layer was removed after the list of ids was read: leave it out. */
	if (r == -ENOENT && layer_is_there(store, id) == 0) {
		error_clear(err);
		return 0;
	}
	return r;
}

int shale_layer_list(
	struct shale_store *store, shale_layer_fn *fn, void *arg, struct shale_error *err)
{
	auto_ids struct ids ids = { 0 };
	int r = layer_ids_read(store, &ids, err);

	for (size_t i = 0; r == 0 && i < ids.n; i++)
		r = tell(store, ids.ids[i], fn, arg, err);
	return r;
}

/* ---- one layer ---- */

/* The strings of a struct shale_layer_info. */
static const size_t strings[] = { offsetof(struct shale_layer_info, id),
	offsetof(struct shale_layer_info, parent), offsetof(struct shale_layer_info, kind),
	offsetof(struct shale_layer_info, state), offsetof(struct shale_layer_info, backend),
	offsetof(struct shale_layer_info, owners), offsetof(struct shale_layer_info, diff_id),
	offsetof(struct shale_layer_info, adopted_from) };
#define N_STRINGS (sizeof(strings) / sizeof(*strings))

static const char **string_at(const struct shale_layer_info *info, size_t i)
{
	return (const char **)((char *)info + strings[i]);
}

/* Copies INFO and its strings into one allocation. */
static int copy_info(const struct shale_layer_info *info, void *arg)
{
	struct shale_layer_info **ret = arg, *copy;
	size_t size = sizeof(*info);

	for (size_t i = 0; i < N_STRINGS; i++)
		size += strlen(*string_at(info, i)) + 1;
	copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	*copy = *info;
	char *text = (char *)(copy + 1);
	for (size_t i = 0; i < N_STRINGS; i++) {
		*string_at(copy, i) = text;
		text = stpcpy(text, *string_at(info, i)) + 1;
	}
	*ret = copy;
	return 0;
}

int shale_layer_info(struct shale_store *store, const char *id, struct shale_layer_info **ret,
	struct shale_error *err)
{
	struct shale_layer_info *info;
	int r = layer_info_with(store, id, copy_info, &info, err);

	if (r < 0)
		return error_fail(err, r, "layer '%s'", id);
	*ret = info;
	return 0;
}
