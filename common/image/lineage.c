/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/lineage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/image_config.h"
#include "common/image/image_config_change.h"
#include "common/image/document.h"
#include "common/image/record.h"
#include "common/store/id.h"
#include "common/store/mount/layer_mount.h"

/* Searches all images for the one that has most layers in common with the layer: whose top is the
 * nearest. */
struct search {
	struct lineage *lineage;
	char *name;
	char digest[DIGEST_SIZE]; /* digest of its config */
	char *rival; /* name of a second image with the same layers and another config, which makes
			the result ambiguous */
	int failed;
};

const char *lineage_id(const struct lineage *lineage, size_t i)
{
	return lineage->roots.ids[lineage->roots.n - 1 - i];
}

/* Takes config, manifest, annotations and number of layers from RECORD. */
static int inherit(struct lineage *lineage, const struct record *record)
{
	auto_free char *text = strdup(record->config);
	auto_free char *manifest = record->manifest ? strdup(record->manifest) : NULL;

	if (!text || (record->manifest && !manifest))
		return -ENOMEM;
	free(lineage->config_text);
	lineage->config_text = steal_ptr(&text);
	free(lineage->manifest);
	lineage->manifest = steal_ptr(&manifest);
	json_decref(lineage->annotations);
	lineage->annotations = json_incref(record->annotations);
	lineage->n_inherited = record->n_layers;
	return 0;
}

static bool is_below(const struct lineage *lineage, const struct record *record)
{
	if (record->n_layers > lineage->roots.n)
		return false;
	for (size_t i = 0; i < record->n_layers; i++)
		if (strcmp(record->layers[i], lineage_id(lineage, i)) != 0)
			return false;
	return true;
}

static int note_nearest(struct search *search, const struct record *record)
{
	free(search->name);
	free(search->rival);
	search->rival = NULL;
	search->name = strdup(record->name);
	memcpy(search->digest, record->digest, sizeof(search->digest));
	return search->name ? inherit(search->lineage, record) : -ENOMEM;
}

static int note_rival(struct search *search, const struct record *record)
{
	if (search->rival || !strcmp(search->digest, record->digest))
		return 0;
	search->rival = strdup(record->name);
	return search->rival ? 0 : -ENOMEM;
}

static int consider(const struct record *record, void *arg)
{
	struct search *search = arg;

	const size_t nearest = search->lineage->n_inherited;

	if (record->n_layers < nearest || !is_below(search->lineage, record))
		return 0;
	if (record->n_layers == nearest)
		search->failed = note_rival(search, record);
	else
		search->failed = note_nearest(search, record);
	return search->failed;
}

static void cleanup_search(struct search *search)
{
	free(search->name);
	free(search->rival);
}

/* Searches all images for one with these layers. Several images with different configs are an
 * error: which of them the layer was made from is not known. */
static int search_images(
	struct shale_store *store, struct lineage *lineage, struct shale_error *err)
{
	struct search search __attribute__((cleanup(cleanup_search))) = { .lineage = lineage };
	int r = record_walk(store, consider, &search, err);

	if (search.failed < 0)
		return error_fail(err, r, "list images");
	if (r < 0 || !search.rival)
		return r;
	error_fail_plain(err, -EINVAL,
		"images '%s' and '%s' have its layers, and different configs", search.name,
		search.rival);
	return error_remedy(err, -EINVAL,
		"name the image: export NAME, or make layers with create --parent NAME");
}

/* Reads the image's record that a layer has kept. Returns 1 if one is found; 0 if no layer of the
 * chain has one. */
static int find_kept_record(
	struct shale_store *store, struct lineage *lineage, struct shale_error *err)
{
	int r = -ENOENT;

	for (size_t i = 0; i < lineage->roots.n && r == -ENOENT; i++) {
		const char *id = lineage->roots.ids[i];
		auto_record struct record record = { 0 };
		auto_close int dir = sys(openat(
			store_home(store), id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
		r = dir < 0 ? dir : record_of_layer(dir, &record, err);
		if (r == 0 && !is_below(lineage, &record))
			r = error_fail_plain(
				err, -EBADMSG, "%s names other parents", RECORD_OF_LAYER);
		if (r == 0)
			r = inherit(lineage, &record);
		if (r < 0 && r != -ENOENT)
			return error_fail(err, r, "layer %s", id);
	}
	return r == 0;
}

static int find_layer(
	struct shale_store *store, const char *id, struct lineage *lineage, struct shale_error *err)
{
	int r = mount_flush(store, id, err);

	if (r == 0)
		r = store_layer_roots(store, id, &lineage->roots, err);
	if (r == 0)
		r = find_kept_record(store, lineage, err);
	return r == 0 ? search_images(store, lineage, err) : r < 0 ? r : 0;
}

static int find_image(struct shale_store *store, const struct record *record,
	struct lineage *lineage, struct shale_error *err)
{
	int r = record->n_layers
			? store_layer_roots(store, record_top(record), &lineage->roots, err)
			: 0;

	if (r < 0)
		return r;
	if (record->n_layers != lineage->roots.n || !is_below(lineage, record))
		return error_fail_plain(err, -EBADMSG,
			"its record and the parents of layer %s disagree", record_top(record));
	lineage->name = strdup(record->name);
	lineage->tags = json_incref(record->tags);
	r = lineage->name ? inherit(lineage, record) : -ENOMEM;
	return r < 0 ? error_fail(err, r, "read record") : 0;
}

/* Parses the config. It must have as many layers as the image's record. */
static int parse_config(struct lineage *lineage, struct shale_error *err)
{
	auto_free char(*diff_ids)[DIGEST_SIZE] = NULL;
	size_t n;

	if (!lineage->config_text) {
		lineage->config = config_new(config_now(), NULL);
		return lineage->config ? 0 : error_fail(err, -ENOMEM, "make config");
	}
	int r = document_parse(
		lineage->config_text, strlen(lineage->config_text), &lineage->config, err);
	if (r == 0)
		r = config_diff_ids(lineage->config, &diff_ids, &n, err);
	if (r < 0)
		return error_fail(err, r, "recorded config");
	if (n != lineage->n_inherited)
		return error_fail_plain(err, -EBADMSG,
			"the recorded config names %zu layers, the record %zu", n,
			lineage->n_inherited);
	return 0;
}

static int find_image_or_layer(struct shale_store *store, const char *what, struct lineage *lineage,
	struct shale_error *err)
{
	auto_record struct record record = { 0 };
	int r = record_find(store, what, &record, err);

	if (r == 0)
		return find_image(store, &record, lineage, err);
	if (r != -ENOENT)
		return r;
	error_clear(err);
	r = shale_layer_exists(store, what, NULL);
	if (r == 0 || r == -EINVAL)
		return error_fail_plain(err, -ENOENT, "no image and no layer '%s'", what);
	return find_layer(store, what, lineage, err);
}

typedef int find_fn(
	struct shale_store *store, const char *what, struct lineage *ret, struct shale_error *err);

static int find_and_parse(struct shale_store *store, const char *what, find_fn *find,
	struct lineage *ret, struct shale_error *err)
{
	auto_lineage struct lineage lineage = { .n_inherited = 0 };
	int r = find(store, what, &lineage, err);

	if (r == 0)
		r = parse_config(&lineage, err);
	if (r < 0)
		return r;
	*ret = lineage;
	lineage = (struct lineage){ .n_inherited = 0 };
	return 0;
}

int lineage_find(
	struct shale_store *store, const char *what, struct lineage *ret, struct shale_error *err)
{
	return find_and_parse(store, what, find_image_or_layer, ret, err);
}

int lineage_find_layer(
	struct shale_store *store, const char *id, struct lineage *ret, struct shale_error *err)
{
	return find_and_parse(store, id, find_layer, ret, err);
}

int lineage_change(struct lineage *lineage, const struct shale_config_options *options,
	struct shale_error *err)
{
	if (!options || (!options->n_changes && !options->author && !options->message))
		return 0;
	free(lineage->config_text);
	lineage->config_text = NULL;
	lineage->author = options->author;
	lineage->message = options->message;
	return config_change(lineage->config, options->changes, options->n_changes, err);
}

void lineage_free(struct lineage *lineage)
{
	layer_roots_free(&lineage->roots);
	free(lineage->name);
	free(lineage->config_text);
	json_decref(lineage->config);
	free(lineage->manifest);
	json_decref(lineage->annotations);
	json_decref(lineage->tags);
	*lineage = (struct lineage){ .n_inherited = 0 };
}
