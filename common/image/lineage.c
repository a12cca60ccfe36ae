/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/lineage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/image/config.h"
#include "common/image/document.h"
#include "common/image/record.h"
#include "common/store/id.h"
#include "common/store/mount.h"
#include "common/store/timestamp.h"

/* The nearest image to the top, while the records go by. */
struct search {
	struct shale_lineage *lineage;
	int failed;
};

const char *shale_lineage_id(const struct shale_lineage *lineage, size_t i)
{
	return lineage->roots.ids[lineage->roots.n - 1 - i];
}

/* Of what RECORD says, all but the name. */
static int inherit(struct shale_lineage *lineage, const struct shale_record *record)
{
	char *text = strdup(record->config);

	if (!text)
		return -ENOMEM;
	free(lineage->config_text);
	lineage->config_text = text;
	json_decref(lineage->annotations);
	lineage->annotations = json_incref(record->annotations);
	lineage->n_inherited = record->n_layers;
	return 0;
}

static bool is_below(const struct shale_lineage *lineage, const struct shale_record *record)
{
	if (record->n_layers > lineage->roots.n)
		return false;
	for (size_t i = 0; i < record->n_layers; i++)
		if (strcmp(record->layers[i], shale_lineage_id(lineage, i)) != 0)
			return false;
	return true;
}

static int consider(const struct shale_record *record, void *arg)
{
	struct search *search = arg;

	if (record->n_layers <= search->lineage->n_inherited || !is_below(search->lineage, record))
		return 0;
	search->failed = inherit(search->lineage, record);
	return search->failed;
}

static int find_layer(struct shale_store *store, const char *id, struct shale_lineage *lineage,
	struct shale_error *err)
{
	struct search search = { .lineage = lineage };
	int r = shale_mount_flush(store, id, err);

	if (r == 0)
		r = shale_store_layer_roots(store, id, &lineage->roots, err);
	if (r < 0)
		return r;
	r = shale_record_walk(store, consider, &search, err);
	return search.failed < 0 ? shale_fail(err, r, "read images") : r;
}

static int find_image(struct shale_store *store, const struct shale_record *record,
	struct shale_lineage *lineage, struct shale_error *err)
{
	int r = shale_store_layer_roots(store, shale_record_top(record), &lineage->roots, err);

	if (r < 0)
		return r;
	if (record->n_layers != lineage->roots.n || !is_below(lineage, record))
		return shale_fail_plain(err, -EBADMSG,
			"its record and the parents of layer %s disagree",
			shale_record_top(record));
	lineage->name = strdup(record->name);
	r = lineage->name ? inherit(lineage, record) : -ENOMEM;
	return r < 0 ? shale_fail(err, r, "read record") : 0;
}

/* The config must tell of the layers that the record has. */
static int parse_config(struct shale_lineage *lineage, struct shale_error *err)
{
	auto_free char(*diff_ids)[SHALE_DIGEST_SIZE] = NULL;
	size_t n;

	if (!lineage->config_text) {
		lineage->config = shale_config_new(shale_config_now());
		return lineage->config ? 0 : shale_fail(err, -ENOMEM, "make config");
	}
	int r = shale_document_parse(
		lineage->config_text, strlen(lineage->config_text), &lineage->config, err);
	if (r == 0)
		r = shale_config_diff_ids(lineage->config, &diff_ids, &n, err);
	if (r < 0)
		return shale_fail(err, r, "recorded config");
	if (n != lineage->n_inherited)
		return shale_fail_plain(err, -EBADMSG,
			"the recorded config tells of %zu layers, the record of %zu", n,
			lineage->n_inherited);
	return 0;
}

static int find(struct shale_store *store, const char *what, struct shale_lineage *lineage,
	struct shale_error *err)
{
	auto_record struct shale_record record = { 0 };
	int r = shale_record_load(store, what, &record, err);

	if (r == 0)
		return find_image(store, &record, lineage, err);
	if (r != -ENOENT)
		return r;
	shale_error_clear(err);
	r = shale_layer_exists(store, what, NULL);
	if (r == 0 || r == -EINVAL)
		return shale_fail_plain(err, -ENOENT, "no image and no layer '%s'", what);
	return find_layer(store, what, lineage, err);
}

int shale_lineage_find(struct shale_store *store, const char *what, struct shale_lineage *ret,
	struct shale_error *err)
{
	auto_lineage struct shale_lineage lineage = { .n_inherited = 0 };
	int r = find(store, what, &lineage, err);

	if (r == 0)
		r = parse_config(&lineage, err);
	if (r < 0)
		return r;
	*ret = lineage;
	lineage = (struct shale_lineage){ .n_inherited = 0 };
	return 0;
}

void shale_lineage_free(struct shale_lineage *lineage)
{
	shale_layer_roots_free(&lineage->roots);
	free(lineage->name);
	free(lineage->config_text);
	json_decref(lineage->config);
	json_decref(lineage->annotations);
	*lineage = (struct shale_lineage){ .n_inherited = 0 };
}

int shale_lineage_still_there(
	struct shale_store *store, const struct shale_lineage *lineage, struct shale_error *err)
{
	for (size_t i = 0; i < lineage->roots.n; i++) {
		char path[SHALE_ID_MAX + sizeof("/diff")];
		struct stat now, then;
		snprintf(path, sizeof(path), "%s/diff", lineage->roots.ids[i]);
		if (fstat(lineage->roots.fds[i], &then) < 0)
			return shale_fail(err, -errno, "layer %s", lineage->roots.ids[i]);
		if (fstatat(shale_store_home(store), path, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
			now.st_dev != then.st_dev || now.st_ino != then.st_ino)
			return shale_fail_plain(err, -ESTALE,
				"layer %s was removed or replaced meanwhile",
				lineage->roots.ids[i]);
	}
	return 0;
}

/* When layer ID was made, but never later than SOURCE_DATE_EPOCH. */
static int created_of(
	struct shale_store *store, const char *id, time_t *ret, struct shale_error *err)
{
	auto_free char *text = NULL;
	const time_t now = shale_config_now();
	int r = shale_store_layer_get_field(store, id, "created", &text, err);

	if (r < 0)
		return r;
	int64_t created = text ? shale_timestamp_parse(text) : -1;
	*ret = created < 0 || created > now ? now : created;
	return 0;
}

static int append_layers(struct shale_store *store, struct shale_lineage *lineage,
	const char (*diff_ids)[SHALE_DIGEST_SIZE], struct shale_error *err)
{
	time_t created = 0;

	for (size_t i = lineage->n_inherited; i < lineage->roots.n; i++) {
		char by[192];
		snprintf(by, sizeof(by), "shale layer %s", shale_lineage_id(lineage, i));
		int r = created_of(store, shale_lineage_id(lineage, i), &created, err);
		if (r < 0)
			return r;
		if (shale_config_add_layer(lineage->config, diff_ids[i], created, by) < 0)
			return shale_fail(err, -ENOMEM, "make config");
	}
	if (lineage->roots.n > lineage->n_inherited &&
		shale_config_set_created(lineage->config, created) < 0)
		return shale_fail(err, -ENOMEM, "make config");
	return 0;
}

static int is_unchanged(const struct shale_lineage *lineage,
	const char (*diff_ids)[SHALE_DIGEST_SIZE], struct shale_error *err)
{
	auto_free char(*before)[SHALE_DIGEST_SIZE] = NULL;
	size_t n;

	if (!lineage->config_text || lineage->n_inherited != lineage->roots.n)
		return 0;
	int r = shale_config_diff_ids(lineage->config, &before, &n, err);
	return r < 0 ? r : memcmp(before, diff_ids, n * sizeof(*before)) == 0;
}

int shale_lineage_config(struct shale_store *store, struct shale_lineage *lineage,
	const char (*diff_ids)[SHALE_DIGEST_SIZE], char **ret, struct shale_error *err)
{
	char *text;
	int r = is_unchanged(lineage, diff_ids, err);

	if (r == 0) {
		if (shale_config_mend_history(lineage->config) < 0 ||
			shale_config_set_diff_ids(lineage->config, diff_ids, lineage->n_inherited) <
				0)
			return shale_fail(err, -ENOMEM, "make config");
		r = append_layers(store, lineage, diff_ids, err);
		text = r < 0 ? NULL : shale_document_print(lineage->config);
	} else {
		text = r < 0 ? NULL : strdup(lineage->config_text);
	}
	if (r < 0)
		return r;
	if (!text)
		return shale_fail(err, -ENOMEM, "make config");
	*ret = text;
	return 0;
}
