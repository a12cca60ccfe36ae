/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/hold.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/files/jsonfile.h"
#include "common/store/layer_ids.h"
#include "common/store/store_struct.h"
#include "common/store/layer_lock.h"
#include "common/store/replace_file.h"
#include "common/store/foreign/foreign.h"
#include "common/store/layer.h"
#include "common/store/id.h"

#include <string.h>

#define HOLDS "holds" /* key in layer.json: an object of strings */

int hold_set(json_t *record, const char *name, const char *data)
{
	json_t *holds = json_object_get(record, HOLDS);
	auto_json json_t *value = data ? json_string(data) : NULL;

	if (data && !value)
		return -EINVAL;
	if (!data) {
		json_object_del(holds, name);
		return holds && !json_object_size(holds) ? json_object_del(record, HOLDS) : 0;
	}
	if (!json_is_object(holds)) {
		holds = json_object();
		if (json_object_set_new(record, HOLDS, holds) < 0)
			return -ENOMEM;
	}
	return json_object_set(holds, name, value) < 0 ? -ENOMEM : 0;
}

static int must_be_none(const char *id, json_t *record, const char *except, struct shale_error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(record, HOLDS), name, value)
	{
		if (except && !strcmp(name, except))
			continue;
		error_fail_plain(err, -EBUSY, "layer '%s': '%s' holds it", id, name);
		return error_remedy(err, -EBUSY, "remove it with the program that holds it");
	}
	return 0;
}

int hold_must_be_none(const struct layer *layer, const char *except, struct shale_error *err)
{
	return must_be_none(layer->id, layer->record, except, err);
}

int hold_must_be_none_now(const struct layer *layer, const char *except, struct shale_error *err)
{
	auto_json json_t *record = NULL;
	int r = json_read(layer->dir, "layer.json", &record, err);

	return r < 0 ? error_fail(err, r, "layer '%s'", layer->id)
		     : must_be_none(layer->id, record, except, err);
}

int shale_layer_hold(struct shale_store *store, const char *id, const char *name, const char *data,
	struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	int r = foreign_refuse(store, err);

	if (r == 0 && !id_is_valid(name))
		r = error_fail_plain(err, -EINVAL, "hold '%.200s': not a valid name", name);
	auto_close int lock = r < 0 ? r : layer_lock(store, id, err);
	r = lock < 0 ? lock : layer_open(store, id, &layer, err);
	if (r < 0)
		return r;
	r = hold_set(layer.record, name, data);
	if (r < 0)
		return error_fail(err, r, "hold '%s' of layer '%s'", name, id);
	return json_replace(store, layer.dir, "layer.json", layer.record, err);
}

static int tell_holds(const struct layer *layer, shale_hold_fn *fn, void *arg)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach(json_object_get(layer->record, HOLDS), name, value)
	{
		const struct shale_hold hold = { .layer = layer->id,
			.name = name,
			.data = json_string_value(value),
			.immutable = layer_is_immutable(layer) };
		if (r == 0 && hold.data)
			r = fn(&hold, arg);
	}
	return r;
}

int shale_layer_list_holds(
	struct shale_store *store, shale_hold_fn *fn, void *arg, struct shale_error *err)
{
	auto_ids struct ids ids = { 0 };
	int r = layer_ids_read(store, &ids, err);

	for (size_t i = 0; r == 0 && i < ids.n; i++) {
		auto_layer struct layer layer = LAYER_NONE;
		struct shale_error why = { 0 };

		/* Skip a layer that was removed or cannot be read: a removed layer has no holds,
		 * and 'check' reports damage. */
		if (layer_open(store, ids.ids[i], &layer, &why) == 0)
			r = tell_holds(&layer, fn, arg);
	}
	return r;
}
