/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/image/image_config.h"
#include "common/image/document.h"
#include "common/image/lineage.h"
#include "common/image/record.h"
#include "common/store/hold.h"
#include "common/store/id.h"
#include "common/store/store.h"

/* The records to write into the new layer's directory beside its files. */
struct keep {
	struct record image; /* the image's record; nothing is written if it has no name */
	const struct shale_config_options *options;
	const struct shale_commit_options *commit;
};

static int set_field(json_t *layer, const char *key, const char *value)
{
	return value && json_object_set_new(layer, key, json_string(value)) < 0 ? -ENOMEM : 0;
}

static const char *hold_data(const struct shale_commit_options *options)
{
	return options->hold_data ? options->hold_data : "";
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
	if (keep->commit->hold)
		r = hold_set(layer, keep->commit->hold, hold_data(keep->commit));
	if (r < 0)
		return error_fail(err, r, "hold '%s'", keep->commit->hold);
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

/* Copies the image's record that layer ID keeps to the new layer, unless the new layer's parents
 * are others. */
static int copy_kept_record(
	struct shale_store *store, const char *id, struct record *ret, struct shale_error *err)
{
	auto_close int dir = sys(
		openat(store_home(store), id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	int r = dir < 0 ? dir : record_of_layer(dir, ret, err);

	return r == -ENOENT ? 0 : r;
}

/* Makes the new layer of one that is in use by a snapshot, if its mount can do that. Otherwise, or
 * if nobody uses it, copies its files. */
static int freeze_or_copy(struct shale_store *store, const char *id, const char *new_id,
	const struct layer_extra *extra, struct progress *progress, struct shale_error *err)
{
	struct shale_error why = { 0 };
	int frozen = store_freeze_used(store, id, new_id, extra, &why);

	if (frozen > 0)
		return 0;
	if (frozen < 0 && frozen != -EOPNOTSUPP) {
		if (err)
			*err = why;
		return frozen;
	}
	int r = store_commit_layer(store, id, new_id, extra, progress, err);
	if (r == 0 && frozen < 0)
		store_warn_used(store, "commit", id, &why);
	return r;
}

static int commit(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_commit_options *options, struct shale_error *err)
{
	struct keep keep = { .options = options->config, .commit = options };
	struct progress progress = { .fn = options->progress, .arg = options->progress_arg };
	const struct layer_extra extra = { add, &keep };
	int r = id_check(id, err);

	if (r == 0)
		r = keep.options->n_changes
			    ? change_config(store, id, keep.options, &keep.image, err)
			    : copy_kept_record(store, id, &keep.image, err);
	if (r == 0 && progress_start(&progress, id, 0) < 0)
		r = error_fail(err, -ECANCELED, "commit layer '%s'", id);
	if (r == 0)
		r = freeze_or_copy(store, id, new_id, &extra, &progress, err);
	record_free(&keep.image);
	return r;
}

static int move(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_commit_options *options, struct shale_error *err)
{
	const struct shale_config_options *config = options->config;

	if (config->n_changes || config->author || config->message)
		return error_fail_plain(
			err, -EINVAL, "commit: a layer that is moved keeps its config");
	return store_move_layer(store, id, new_id, options, err);
}

int shale_layer_commit(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_commit_options *options, struct shale_error *err)
{
	struct shale_commit_options mine;
	struct shale_config_options config;
	int r = option_struct_take(&mine, sizeof(mine), options, "commit", err);

	if (r == 0)
		r = option_flags_check(mine.flags, SHALE_COMMIT_MOVE, "commit", err);
	if (r == 0)
		r = option_struct_take(&config, sizeof(config), mine.config, "commit: config", err);
	if (r == 0 && mine.hold && !id_is_valid(mine.hold))
		r = error_fail_plain(err, -EINVAL, "hold '%.200s': not a valid name", mine.hold);
	if (r < 0)
		return r;
	mine.config = &config;
	return mine.flags & SHALE_COMMIT_MOVE ? move(store, id, new_id, &mine, err)
					      : commit(store, id, new_id, &mine, err);
}
