/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/image_config.h"
#include "common/image/document.h"
#include "common/image/lineage.h"
#include "common/store/store.h"

struct history {
	struct shale_store *store;
	struct lineage lineage;
	json_t *entries;
	shale_image_step_fn *fn;
	void *arg;
};

static const char *text_of(const json_t *entry, const char *key)
{
	const char *text = document_string(entry, key);

	return text ? text : "";
}

static int bytes_of(
	struct shale_store *store, const char *id, uint64_t *ret, struct shale_error *err)
{
	int r = shale_layer_diff_size(store, id, NULL, ret, err);

	return r < 0 ? error_fail(err, r, "layer %s", id) : 0;
}

/* Passes one step to the caller's function. LAYER is the layer's index, counted from the base; -1:
 * the step has no layer. */
static int tell(
	const struct history *history, const json_t *entry, ssize_t layer, struct shale_error *err)
{
	struct shale_image_step step = { .created = config_created(entry, 0),
		.created_by = text_of(entry, "created_by"),
		.author = text_of(entry, "author"),
		.comment = text_of(entry, "comment"),
		.layer = layer < 0 ? "" : lineage_id(&history->lineage, (size_t)layer) };
	int r = layer < 0 ? 0 : bytes_of(history->store, step.layer, &step.bytes, err);

	return r < 0 ? r : history->fn(&step, history->arg);
}

static int tell_all(const struct history *history, struct shale_error *err)
{
	ssize_t layer = (ssize_t)history->lineage.roots.n;
	int r = 0;

	for (size_t i = json_array_size(history->entries); i-- > 0 && r == 0;) {
		const json_t *entry = json_array_get(history->entries, i);
		bool empty = json_is_true(document_get(entry, "empty_layer"));
		r = tell(history, entry, empty ? -1 : --layer, err);
	}
	return r;
}

static int read_and_tell(struct history *history, struct shale_error *err)
{
	auto_free char *text = NULL;
	auto_json json_t *config = NULL;
	int r = lineage_config_as_made(history->store, &history->lineage, &text, err);

	if (r == 0)
		r = document_parse(text, strlen(text), &config, err);
	/* The history of an imported config may list more or fewer layers than the image has.
	 * Correct it first. */
	if (r == 0 && config_mend_history(config) < 0)
		r = error_fail(err, -ENOMEM, "read config");
	if (r < 0)
		return r;
	history->entries = document_get(config, "history");
	return tell_all(history, err);
}

int shale_image_history(struct shale_store *store, const char *what, shale_image_step_fn *fn,
	void *arg, struct shale_error *err)
{
	struct history history = { .store = store, .fn = fn, .arg = arg };
	int r = lineage_find(store, what, &history.lineage, err);

	if (r == 0)
		r = read_and_tell(&history, err);
	lineage_free(&history.lineage);
	return r < 0 ? error_fail(err, r, "history of '%s'", what) : r;
}
