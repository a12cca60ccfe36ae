/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/lineage.h"

#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/image_config.h"
#include "common/image/document.h"
#include "common/store/files/timestamp.h"

/* Finds the time when layer ID was made. If SOURCE_DATE_EPOCH is set, a later time becomes that
 * time. */
static int created_of(
	struct shale_store *store, const char *id, time_t *ret, struct shale_error *err)
{
	auto_free char *text = NULL;
	const time_t now = config_now();
	int r = store_layer_get_field(store, id, "created", &text, err);

	if (r < 0)
		return r;
	int64_t created = text ? timestamp_parse(text) : -1;
	*ret = created < 0 || created > now ? now : created;
	return 0;
}

/* Adds layer I and its history entry to the config. *RET_CREATED is the time when the layer was
 * made. */
static int append_layer(struct shale_store *store, struct lineage *lineage, size_t i,
	const char *diff_id, time_t *ret_created, struct shale_error *err)
{
	const char *id = lineage_id(lineage, i);
	auto_free char *author = NULL, *message = NULL;
	char by[192];
	int r = created_of(store, id, ret_created, err);

	if (r == 0)
		r = store_layer_get_field(store, id, FIELD_AUTHOR, &author, err);
	if (r == 0)
		r = store_layer_get_field(store, id, FIELD_MESSAGE, &message, err);
	if (r < 0)
		return r;
	const bool newest = i == lineage->roots.n - 1;
	snprintf(by, sizeof(by), "shale layer %s", id);
	const struct history_entry entry = { .created = *ret_created,
		.created_by = by,
		.author = newest && lineage->author ? lineage->author : author,
		.comment = newest && lineage->message ? lineage->message : message };
	if (config_add_layer(lineage->config, diff_id) < 0 ||
		config_add_history(lineage->config, &entry) < 0)
		return error_fail(err, -ENOMEM, "make config");
	return 0;
}

/* Adds a history entry without a layer, for a change of the config alone. */
static int append_change(struct lineage *lineage, struct shale_error *err)
{
	const struct history_entry entry = { .created = config_now(),
		.created_by = "shale export",
		.author = lineage->author,
		.comment = lineage->message,
		.empty_layer = true };

	if (config_add_history(lineage->config, &entry) < 0 ||
		config_set_created(lineage->config, entry.created) < 0)
		return error_fail(err, -ENOMEM, "make config");
	return 0;
}

static int append_layers(struct shale_store *store, struct lineage *lineage,
	const char (*diff_ids)[DIGEST_SIZE], struct shale_error *err)
{
	time_t created = 0;

	for (size_t i = lineage->n_inherited; i < lineage->roots.n; i++) {
		int r = append_layer(store, lineage, i, diff_ids[i], &created, err);
		if (r < 0)
			return r;
	}
	if (lineage->roots.n == lineage->n_inherited)
		return lineage->config_text ? 0 : append_change(lineage, err);
	return config_set_created(lineage->config, created) < 0
		       ? error_fail(err, -ENOMEM, "make config")
		       : 0;
}

static int is_unchanged(
	const struct lineage *lineage, const char (*diff_ids)[DIGEST_SIZE], struct shale_error *err)
{
	auto_free char(*before)[DIGEST_SIZE] = NULL;
	size_t n;

	if (!lineage->config_text || lineage->n_inherited != lineage->roots.n)
		return 0;
	int r = config_diff_ids(lineage->config, &before, &n, err);
	return r < 0 ? r : memcmp(before, diff_ids, n * sizeof(*before)) == 0;
}

int lineage_config(struct shale_store *store, struct lineage *lineage,
	const char (*diff_ids)[DIGEST_SIZE], char **ret, struct shale_error *err)
{
	char *text;
	int r = is_unchanged(lineage, diff_ids, err);

	if (r == 0) {
		if (config_mend_history(lineage->config) < 0 ||
			config_set_diff_ids(lineage->config, diff_ids, lineage->n_inherited) < 0)
			return error_fail(err, -ENOMEM, "make config");
		r = append_layers(store, lineage, diff_ids, err);
		text = r < 0 ? NULL : document_print(lineage->config);
	} else {
		text = r < 0 ? NULL : strdup(lineage->config_text);
	}
	if (r < 0)
		return r;
	if (!text)
		return error_fail(err, -ENOMEM, "make config");
	*ret = text;
	return 0;
}

static int diff_id_of(
	struct shale_store *store, const char *id, char ret[DIGEST_SIZE], struct shale_error *err)
{
	auto_free char *diff_id = NULL;
	int r = store_layer_get_field(store, id, "diff-id", &diff_id, err);

	if (r < 0)
		return r;
	if (!diff_id || !digest_is_valid(diff_id)) {
		error_fail_plain(err, -EINVAL, "layer '%s' is writable, or was never filled", id);
		return error_remedy(err, -EINVAL, "commit it first: shale commit %s NEW", id);
	}
	strcpy(ret, diff_id);
	return 0;
}

int lineage_config_as_made(
	struct shale_store *store, struct lineage *lineage, char **ret, struct shale_error *err)
{
	const size_t n = lineage->roots.n;
	auto_free char(*diff_ids)[DIGEST_SIZE] = calloc(n + 1, sizeof(*diff_ids));
	auto_free char(*inherited)[DIGEST_SIZE] = NULL;
	size_t n_inherited;
	int r = config_diff_ids(lineage->config, &inherited, &n_inherited, err);

	if (r < 0)
		return r;
	if (!diff_ids)
		return error_fail(err, -ENOMEM, "make config");
	memcpy(diff_ids, inherited, lineage->n_inherited * sizeof(*diff_ids));
	for (size_t i = lineage->n_inherited; i < n && r == 0; i++)
		r = diff_id_of(store, lineage_id(lineage, i), diff_ids[i], err);
	return r < 0 ? r
		     : lineage_config(
			       store, lineage, (const char(*)[DIGEST_SIZE])diff_ids, ret, err);
}
