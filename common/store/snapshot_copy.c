/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/snapshot_copy.h"

#include "common/base/error.h"
#include "common/base/progress.h"
#include "common/base/scope.h"
#include "common/overlay/layer_copy.h"
#include "common/store/draft.h"
#include "common/store/features.h"
#include "common/store/files/smallfile.h"
#include "common/store/freezer.h"
#include "common/store/layer.h"
#include "common/store/mount/layer_mount.h"
#include "common/store/store_struct.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

uint64_t snapshot_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int make_and_open(int dirfd, const char *name)
{
	int r = sys(mkdirat(dirfd, name, 0700));

	return r < 0 ? r : sys(openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int copy_upper(const struct shale_store *store, const struct layer *layer,
	const struct draft *draft, struct progress *progress, struct shale_error *err)
{
	auto_close int from = sys(openat(layer->dir, "diff", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_close int work = make_and_open(draft->staging.dir, "work");
	auto_close int links = make_and_open(draft->staging.dir, "links");
	int r = from < 0 ? from : work < 0 ? work : links < 0 ? links : 0;
	const struct layer_copy copy = { .from = from,
		.to = draft->diff,
		.work = work,
		.links = links,
		.class = store->config.class,
		.topmost = true,
		.live = true,
		.progress = progress };

	return r < 0 ? r : layer_copy_run(&copy, err);
}

static int stop_and_copy(struct shale_store *store, const struct layer *layer,
	const struct draft *draft, const struct shale_snapshot_options *options,
	struct shale_snapshot_result *result, struct shale_error *err)
{
	auto_freezer struct freezer freezer = FREEZER_NONE;
	struct progress progress = { .fn = options->progress, .arg = options->progress_arg };
	uint64_t begin = snapshot_clock();
	int r = progress_start(&progress, layer->id, 0);

	if (r == 0 && options->freeze)
		r = freezer_begin(options->freeze, &freezer, err);
	if (r == 0)
		r = mount_flush(store, layer->id, err);
	if (r == 0)
		r = copy_upper(store, layer, draft, &progress, err);
	freezer_end(&freezer);
	result->pause = options->freeze ? snapshot_clock() - begin : 0;
	return r < 0 ? error_fail(err, r, "copy layer '%s'", layer->id) : 0;
}

static int copy_image_record(const struct layer *layer, const struct draft *draft)
{
	auto_free char *text = NULL;
	ssize_t n = smallfile_read(layer->dir, "image.json", &text);

	if (n == -ENOENT)
		return 0;
	return n < 0 ? (int)n : smallfile_create(draft->dir, "image.json", text, 0644);
}

/* Notes no size: commands that show the size count it. */
static int describe(const struct layer *layer, struct draft *draft)
{
	int r = json_object_set_new(draft->record, "committed-from", json_string(layer->id));

	json_object_del(draft->record, "size");
	json_object_del(draft->record, "entries");
	if (r == 0)
		r = features_set_own(draft->record, features_own(layer));
	return r < 0 ? -ENOMEM : copy_image_record(layer, draft);
}

int snapshot_copy(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_snapshot_options *options, struct shale_snapshot_result *result,
	struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_draft struct draft draft = DRAFT_NONE;
	int r = layer_open(store, id, &layer, err);

	if (r == 0)
		r = draft_begin(store, new_id, "layer", layer_parent(&layer), &draft, err);
	if (r < 0)
		return r;
	draft.filled = true;
	result->how = layer_copy_shares(draft.diff) ? SHALE_SNAPSHOT_REFLINKED
						    : SHALE_SNAPSHOT_COPIED;
	r = stop_and_copy(store, &layer, &draft, options, result, err);
	if (r == 0)
		r = layer_unchanged(store, &layer, err);
	if (r < 0)
		return r;
	r = describe(&layer, &draft);
	if (r < 0)
		return error_fail(err, r, "describe layer '%s'", new_id);
	return draft_publish(store, &draft, err);
}
