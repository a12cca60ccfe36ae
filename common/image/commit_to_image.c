/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/image_config.h"
#include "common/image/document.h"
#include "common/image/lineage.h"
#include "common/image/record.h"
#include "common/store/id.h"
#include "common/store/store.h"

/* The new layer keeps these besides its files. */
struct keep {
	struct record image; /* without a name: nothing */
	const struct shale_config_options *options;
};

static int set_field(json_t *layer, const char *key, const char *value)
{
	return value && json_object_set_new(layer, key, json_string(value)) < 0 ? -ENOMEM : 0;
}

static int add(int dir, json_t *layer, void *arg, struct shale_error *err)
{
	const struct keep *keep = arg;
	int r = 0;

	if (keep->options) {
		r = set_field(layer, FIELD_AUTHOR, keep->options->author);
		if (r == 0)
			r = set_field(layer, FIELD_MESSAGE, keep->options->message);
	}
	if (r < 0)
		return error_fail(err, r, "note author and message");
	return keep->image.name ? record_write_of_layer(dir, &keep->image, err) : 0;
}

static int record_of(const struct lineage *lineage, const char *id, struct record *ret)
{
	auto_record struct record record = { .name = strdup(id),
		.config = document_print(lineage->config),
		.annotations = json_incref(lineage->annotations),
		.created = config_created(lineage->config, 0) };
	int r = record.name && record.config ? record_set_manifest(&record, lineage->manifest)
					     : -ENOMEM;

	for (size_t i = 0; i < lineage->n_inherited && r == 0; i++)
		r = record_add_layer(&record, lineage_id(lineage, i));
	if (r == 0)
		r = digest_of(record.config, strlen(record.config), record.digest);
	if (r < 0)
		return r;
	*ret = record;
	record = (struct record){ 0 };
	return 0;
}

static int change_config(struct shale_store *store, const char *id,
	const struct shale_config_options *options, struct record *ret, struct shale_error *err)
{
	auto_lineage struct lineage lineage = { .n_inherited = 0 };
	int r = lineage_find_layer(store, id, &lineage, err);

	if (r == 0)
		r = lineage_change(&lineage, options, err);
	if (r < 0)
		return r;
	r = record_of(&lineage, id, ret);
	return r < 0 ? error_fail(err, r, "note the config") : 0;
}

/* Copies the record of layer ID itself: the new layer finds its parents' records there. */
static int copy_kept_record(
	struct shale_store *store, const char *id, struct record *ret, struct shale_error *err)
{
	auto_close int dir = sys(
		openat(store_home(store), id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	int r = dir < 0 ? dir : record_of_layer(dir, ret, err);

	return r == -ENOENT ? 0 : r;
}

int shale_layer_commit(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_config_options *options, struct shale_error *err)
{
	struct keep keep = { .options = options };
	const struct layer_extra extra = { add, &keep };

	if (options && options->size < sizeof(*options))
		return error_fail_plain(err, -EINVAL, "commit: option struct without its size");
	int r = id_check(id, err);
	if (r == 0)
		r = options && options->n_changes
			    ? change_config(store, id, options, &keep.image, err)
			    : copy_kept_record(store, id, &keep.image, err);
	if (r == 0)
		r = store_commit_layer(store, id, new_id, &extra, err);
	record_free(&keep.image);
	return r;
}
