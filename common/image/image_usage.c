/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/image_usage.h"

#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"
#include "common/image/record.h"
#include "common/shale.h"
#include "common/store/store.h"

/* LAYERS maps each layer's id to its size, to the config of the first image that has it, and to
 * whether an image with another config has it, too. */
struct listing {
	struct shale_store *store;
	json_t *layers;
	shale_image_fn *fn;
	void *arg;
	struct shale_error *err;
};

/* Reads the size that was recorded at the import: to count the files again takes long. */
int image_layer_bytes(
	struct shale_store *store, const char *id, uint64_t *ret, struct shale_error *err)
{
	auto_free char *text = NULL;
	char *end;
	int r = store_layer_get_field(store, id, "size", &text, err);

	if (r < 0)
		return r;
	errno = 0;
	*ret = text ? strtoull(text, &end, 10) : 0;
	return text && *text && !*end && !errno ? 0
						: shale_layer_diff_size(store, id, NULL, ret, err);
}

static int note_layer(struct listing *listing, const char *id, const char *digest)
{
	json_t *layer = json_object_get(listing->layers, id);
	uint64_t bytes = 0;

	if (layer) {
		const char *owner = document_string(layer, "owner");
		if (!owner || strcmp(owner, digest) != 0)
			json_object_set_new(layer, "shared", json_true());
		return 0;
	}
	int r = image_layer_bytes(listing->store, id, &bytes, listing->err);
	/* A layer of this image is missing. That is no error here; 'check' reports it. */
	if (r < 0 && r != -ENOENT)
		return r;
	error_clear(listing->err);
	layer = json_pack(
		"{s:I, s:s, s:b}", "bytes", (json_int_t)bytes, "owner", digest, "shared", 0);
	return json_object_set_new(listing->layers, id, layer) < 0
		       ? error_fail(listing->err, -ENOMEM, "list images")
		       : 0;
}

static int note_layers(const struct record *record, void *arg)
{
	int r = 0;

	for (size_t i = 0; i < record->n_layers && r == 0; i++)
		r = note_layer(arg, record->layers[i], record->digest);
	return r;
}

static int tell_image(const struct record *record, void *arg)
{
	const struct listing *listing = arg;
	struct shale_image_info info = {
		.name = record->name,
		.top = record_top(record),
		.digest = record->digest,
		.created = record->created,
		.layers = record->n_layers,
	};

	for (size_t i = 0; i < record->n_layers; i++) {
		const json_t *layer = json_object_get(listing->layers, record->layers[i]);
		const uint64_t bytes = (uint64_t)json_integer_value(
			json_object_get(layer, "bytes"));
		info.bytes += bytes;
		if (json_is_true(json_object_get(layer, "shared")))
			info.shared += bytes;
	}
	return listing->fn(&info, listing->arg);
}

int shale_image_list(
	struct shale_store *store, shale_image_fn *fn, void *arg, struct shale_error *err)
{
	auto_json json_t *layers = json_object();
	struct listing listing = { store, layers, fn, arg, err };
	int r = record_walk(store, note_layers, &listing, err);

	return r != 0 ? r : record_walk(store, tell_image, &listing, err);
}
