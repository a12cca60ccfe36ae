/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rewrites a layer without redirects and metacopies, so that either backend can mount it
 * anywhere. */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/progress.h"
#include "common/base/option_struct.h"
#include "common/store/foreign/adopted.h"
#include "common/overlay/resolve_redirects.h"
#include "common/store/features.h"
#include "common/store/files/jsonfile.h"
#include "common/store/original_stream.h"
#include "common/store/store_struct.h"
#include "common/store/files/smallfile.h"
#include "common/store/staging.h"
#include "common/store/sums/sums.h"
#include "common/store/mount/view.h"
#include "common/store/layer_lock.h"
#include "common/store/replace_file.h"
#include "common/store/features_below.h"
#include "common/store/foreign/foreign.h"
#include "common/store/mount/live_refs.h"
#include "common/store/layer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

struct conversion {
	struct shale_store *store;
	const struct layer *layer;
	struct progress *progress;
	struct shale_error *err;
};

static int make_and_open(int dirfd, const char *name)
{
	int r = sys(mkdirat(dirfd, name, 0700));

	return r < 0 ? r : sys(openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* Writes the new content as "diff" in STAGING, and syncs it. */
static int write_anew(const struct conversion *conversion, const struct staging *staging)
{
	auto_view struct view view = VIEW_NONE;
	struct shale_error *err = conversion->err;
	int r = view_open(conversion->store, conversion->layer, staging, &view, err);

	if (r < 0)
		return r;
	auto_close int from = sys(
		openat(conversion->layer->dir, "diff", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_close int to = make_and_open(staging->dir, "diff");
	auto_close int work = make_and_open(staging->dir, "work");
	auto_close int links = make_and_open(staging->dir, "links");
	if (from < 0 || to < 0 || work < 0 || links < 0)
		return error_fail(err, from < 0 ? from : -EIO, "open the directories");
	const struct resolve_redirects what = { .layer = from,
		.view = view.root,
		.to = to,
		.work = work,
		.links = links,
		.class = conversion->store->config.class,
		.progress = conversion->progress };
	r = resolve_redirects_run(&what, err);
	if (r < 0)
		return r;
	r = sys(syncfs(to));
	return r < 0 ? error_fail(err, r, "write to disk") : 0;
}

static int child_must_be_idle(const char *id, void *arg)
{
	const struct conversion *conversion = arg;
	auto_layer struct layer child = LAYER_NONE;
	bool is_child = false;

	if (layer_open(conversion->store, id, &child, NULL) < 0)
		return 0;
	for (size_t i = 0; i < child.n_lowers && !is_child; i++)
		is_child = !strcmp(child.lowers[i] + 2, conversion->layer->link);
	return is_child ? refs_must_be_idle(conversion->store, id, conversion->err) : 0;
}

/* Replaces the layer's diff/ by the new one. No mount of a layer on top may exist meanwhile,
 * because it holds the old directory open. */
static int exchange(const struct conversion *conversion, const struct staging *staging)
{
	auto_close int places = layer_lock_places(conversion->store, LOCK_EX, conversion->err);
	int r = places < 0 ? places
			   : layer_each(conversion->store, child_must_be_idle, (void *)conversion);

	if (r < 0)
		return r;
	/* Remove the digests first: after a crash a layer without digests is better than one
	 * with wrong digests. */
	r = sums_disclaim(conversion->store, conversion->layer, conversion->err);
	if (r < 0)
		return r;
	json_object_del(conversion->layer->record, SUMS_KEY);
	json_object_del(conversion->layer->record, ORIGINAL_STREAM_KEY);
	unlinkat(conversion->layer->dir, SUMS_FILE, 0);
	unlinkat(conversion->layer->dir, ORIGINAL_STREAM_FILE, 0);
	r = sys(renameat2(staging->dir, "diff", conversion->layer->dir, "diff", RENAME_EXCHANGE));
	if (r == 0)
		r = sys(fsync(conversion->layer->dir));
	return r < 0 ? error_fail(conversion->err, r, "exchange two directories") : 0;
}

/* Finds the features that the layer keeps: its next mounts make redirects or metacopies again,
 * since layers below have them. */
static int features_left(const struct conversion *conversion, unsigned int *ret)
{
	unsigned int below = 0;
	auto_free char *where = NULL;
	int r = features_below(
		conversion->store, conversion->layer, &below, &where, conversion->err);

	*ret = !layer_is_immutable(conversion->layer) && (below & FEATURE_METACOPY)
		       ? FEATURE_REDIRECT | FEATURE_METACOPY
		       : 0;
	return r;
}

static int sum_anew(const struct conversion *conversion)
{
	const struct layer *layer = conversion->layer;
	char hex[SUMS_HEX];
	int r = sums_write(NULL, layer->dir, hex, conversion->err);

	if (r < 0)
		return r;
	r = smallfile_sync(layer->dir, SUMS_FILE);
	if (r < 0)
		return error_fail(conversion->err, r, "write the digests of its files");
	return json_object_set_new(layer->record, SUMS_KEY, json_string(hex)) < 0 ? -ENOMEM : 0;
}

static int convert(const struct conversion *conversion)
{
	auto_staging struct staging staging = STAGING_NONE;
	const struct layer *layer = conversion->layer;
	unsigned int left;
	int r = refs_must_be_idle(conversion->store, layer->id, conversion->err);

	if (r == 0)
		r = staging_begin(conversion->store, &staging, conversion->err);
	if (r == 0)
		r = write_anew(conversion, &staging);
	if (r == 0)
		r = exchange(conversion, &staging);
	if (r == 0 && !layer->rw)
		r = sum_anew(conversion);
	if (r == 0)
		r = features_left(conversion, &left);
	if (r == 0)
		r = features_set_own(layer->record, left);
	/* After a crash before this point, layer.json still lists features that the files no longer
	 * have. That is harmless, and a second convert corrects it. */
	return r < 0 ? r
		     : json_replace(conversion->store, layer->dir, "layer.json", layer->record,
			       conversion->err);
}

static int convert_layer(struct shale_store *store, const char *id, struct progress *progress,
	struct shale_error *err)
{
	int refused = foreign_refuse(store, err);

	if (refused < 0)
		return refused;
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);

	if (r < 0)
		return r;
	if (store->config.ownership == OWNERSHIP_OVERRIDE) {
		error_fail_plain(err, -EOPNOTSUPP,
			"convert layer '%s': this store keeps owners in xattrs, and only the FUSE "
			"backend can mount it",
			id);
		return error_remedy(err, -EOPNOTSUPP, "nothing needs to be converted for it");
	}
	if (adopted_from(&layer)) {
		error_fail_plain(err, -EROFS,
			"convert layer '%s': its files belong to another "
			"engine: '%s'",
			id, adopted_from(&layer));
		return error_remedy(err, -EROFS, "copy it: shale commit %s NEW", id);
	}
	layer_close(&layer);
	auto_close int lock = layer_lock(store, id, err);
	r = lock < 0 ? lock : layer_open(store, id, &layer, err);
	const struct conversion conversion = { store, &layer, progress, err };
	if (r == 0)
		r = convert(&conversion);
	return r < 0 ? error_fail(err, r, "convert layer '%s'", id) : 0;
}

int shale_layer_convert(struct shale_store *store, const char *id,
	const struct shale_convert_options *options, struct shale_error *err)
{
	struct shale_convert_options mine;
	int r = option_struct_take(&mine, sizeof(mine), options, "convert", err);

	if (r < 0)
		return r;
	struct progress progress = { .fn = mine.progress, .arg = mine.progress_arg };
	r = progress_start(&progress, id, 0);
	return r < 0 ? error_fail(err, r, "convert layer '%s'", id)
		     : convert_layer(store, id, &progress, err);
}
