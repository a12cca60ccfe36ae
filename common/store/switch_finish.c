/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/switch_finish.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/features.h"
#include "common/store/files/jsonfile.h"
#include "common/store/files/smallfile.h"
#include "common/store/files/tree.h"
#include "common/store/layer.h"
#include "common/store/link.h"
#include "common/store/log.h"
#include "common/store/lower.h"
#include "common/store/store_struct.h"
#include "common/store/replace_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct pending {
	const struct shale_store *store;
	struct layer *layer;
	json_t *record; /* content of the file "committed" */
	char new_id[ID_MAX + 1], link[SHORT_LEN + 1];
};

static int is_there(int dirfd, const char *path)
{
	struct stat st;
	int r = sys(fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW));

	return r == 0 ? 1 : r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

static int read_pending(struct pending *pending, struct shale_error *err)
{
	int r = json_read(pending->layer->dir, SWITCH_COMMITTED, &pending->record, err);

	if (r < 0)
		return r;
	const char *id = json_string_value(json_object_get(pending->record, "layer"));
	const char *link = json_string_value(json_object_get(pending->record, "link"));
	if (!id || !id_is_valid(id) || !link || !short_valid(link))
		return error_fail_plain(err, -EINVAL, "'%s' is damaged", SWITCH_COMMITTED);
	strcpy(pending->new_id, id);
	strcpy(pending->link, link);
	return 0;
}

/* ---- the new layer ---- */

static int make_its_link(const struct pending *pending)
{
	char leads_to[ID_MAX + 1];
	int r = link_make(pending->store, pending->link, pending->new_id);

	if (r != -EEXIST)
		return r;
	if (link_read(pending->store, pending->link, leads_to) == 0 &&
		!strcmp(leads_to, pending->new_id))
		return 0;
	r = sys(unlinkat(pending->store->links, pending->link, 0));
	return r < 0 ? r : link_make(pending->store, pending->link, pending->new_id);
}

/* Another layer has taken the id since the switch was decided. The files must go somewhere, so the
 * snapshot gets another id. */
static int take_another_id(struct pending *pending, struct shale_error *err)
{
	char id[ID_MAX + 1];
	int r = id_derive(pending->new_id, id);

	if (r < 0)
		return error_fail(err, r, "choose another id");
	store_log(pending->store, LOG_WARNING,
		"layer '%s' was made meanwhile: the snapshot of layer '%s' is layer '%s'",
		pending->new_id, pending->layer->id, id);
	strcpy(pending->new_id, id);
	if (json_object_set_new(pending->record, "layer", json_string(id)) < 0)
		return error_fail(err, -ENOMEM, "choose another id");
	return json_replace(
		pending->store, pending->layer->dir, SWITCH_COMMITTED, pending->record, err);
}

/* Sync first: the renames that follow must not reach the disk before the files of the new layer
 * do. */
static int complete_directory(const struct pending *pending)
{
	int dir = pending->layer->dir;
	int r = is_there(dir, SWITCH_NEW "/diff");

	if (r == 0)
		r = sys(syncfs(pending->store->home));
	if (r == 0)
		r = sys(renameat(dir, "diff", dir, SWITCH_NEW "/diff"));
	auto_close int made = r < 0 ? r
				    : sys(openat(dir, SWITCH_NEW,
					      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	r = made < 0 ? made : sys(fsync(made));
	return r < 0 ? r : sys(fsync(dir));
}

/* Makes the new layer the parent of this layer before the new layer exists. The other way round, a
 * command could remove the new layer in between, as it has no child. */
static int put_on_top(const struct pending *pending, struct shale_error *err)
{
	struct layer *layer = pending->layer;
	struct layer below = *layer; /* the same strings as LAYER's, with another link */
	auto_free char *text = NULL;
	int r = 0;

	if (strcmp(layer_parent(layer), pending->new_id) != 0) {
		if (features_set_below(layer->record, features_any(layer)) < 0 ||
			json_object_set_new(layer->record, "parent", json_string(pending->new_id)) <
				0)
			return error_fail(err, -ENOMEM, "note the parent of layer '%s'", layer->id);
		r = json_replace(pending->store, layer->dir, "layer.json", layer->record, err);
	}
	if (r < 0 || (layer->n_lowers && !strcmp(layer->lowers[0] + 2, pending->link)))
		return r;
	strcpy(below.link, pending->link);
	r = lower_to_text(&below, &text);
	if (r == 0)
		r = smallfile_replace(pending->store, layer->dir, "lower", text);
	return r < 0 ? error_fail(err, r, "write 'lower' of layer '%s'", layer->id) : 0;
}

static int publish_once(struct pending *pending, struct shale_error *err)
{
	const struct shale_store *store = pending->store;
	int r = put_on_top(pending, err);

	if (r == 0)
		r = make_its_link(pending);
	if (r == 0)
		r = sys(fsync(store->links));
	if (r < 0)
		return r;
	r = sys(renameat2(
		pending->layer->dir, SWITCH_NEW, store->home, pending->new_id, RENAME_NOREPLACE));
	if (r == -EEXIST)
		r = take_another_id(pending, err);
	else if (r == 0)
		return sys(fsync(store->home));
	return r < 0 ? r : 1;
}

static int publish(struct pending *pending, struct shale_error *err)
{
	int r = is_there(pending->layer->dir, SWITCH_NEW);

	if (r <= 0)
		return r < 0 ? error_fail(err, r, "look for '%s'", SWITCH_NEW) : 0;
	r = complete_directory(pending);
	if (r == 0)
		do
			r = publish_once(pending, err);
		while (r > 0);
	return r < 0 ? error_fail(err, r, "bring layer '%s' into being", pending->new_id) : 0;
}

/* ---- the layer itself ---- */

static int place_upper(int dir, struct shale_error *err)
{
	int r = is_there(dir, SWITCH_UPPER);

	if (r > 0)
		r = sys(renameat2(dir, SWITCH_UPPER, dir, "diff", RENAME_NOREPLACE));
	if (r == 0)
		r = sys(fsync(dir));
	return r < 0 ? error_fail(err, r, "put the new upper directory in its place") : 0;
}

static int remove_tree(const struct pending *pending, const char *name)
{
	int r = tree_remove(pending->layer->dir, name, pending->store->trash);

	return r == -ENOENT ? 0 : r;
}

/* If the layer is mounted, puts the new work directory, which the mount uses now, in place.
 * "committed" lies in the old work directory, and leaves with it. */
static int place_work(const struct pending *pending)
{
	int dir = pending->layer->dir;
	int r = is_there(dir, SWITCH_WORK);

	if (r > 0) {
		r = remove_tree(pending, SWITCH_NEXT);
		if (r == 0)
			r = sys(renameat(dir, SWITCH_WORK, dir, SWITCH_NEXT));
		if (r == 0)
			r = sys(fsync(dir));
	}
	if (r == 0)
		r = is_there(dir, SWITCH_NEXT);
	return r <= 0 ? r : sys(renameat2(dir, SWITCH_NEXT, dir, "work", RENAME_EXCHANGE));
}

static int clear_work(const struct pending *pending, struct shale_error *err)
{
	int dir = pending->layer->dir;
	int r = place_work(pending);

	if (r == 0)
		r = sys(unlinkat(dir, SWITCH_COMMITTED, 0));
	r = r == -ENOENT ? 0 : r;
	if (r == 0)
		r = sys(fsync(dir));
	if (r == 0)
		r = remove_tree(pending, SWITCH_PLACE);
	if (r == 0)
		r = remove_tree(pending, SWITCH_NEXT);
	return r < 0 ? error_fail(err, r, "clear the work directory") : 0;
}

static int finish(struct pending *pending, struct shale_error *err)
{
	int r = read_pending(pending, err);

	if (r == 0)
		r = publish(pending, err);
	if (r == 0)
		r = place_upper(pending->layer->dir, err);
	return r < 0 ? r : clear_work(pending, err);
}

/* Removes leftovers of a killed process: the old work directory, and "intent", with which the
 * mount's daemon could still decide a switch that no command waits for. */
static int clear_remains(const struct shale_store *store, const char *id)
{
	char next[ID_MAX + sizeof("/" SWITCH_NEXT)], intent[ID_MAX + sizeof("/" SWITCH_INTENT)];

	snprintf(next, sizeof(next), "%s/%s", id, SWITCH_NEXT);
	snprintf(intent, sizeof(intent), "%s/%s", id, SWITCH_INTENT);
	if (is_there(store->home, next) == 1)
		(void)tree_remove(store->home, next, store->trash);
	(void)unlinkat(store->home, intent, 0);
	return 0;
}

int switch_is_pending(int dir)
{
	return is_there(dir, SWITCH_COMMITTED);
}

int switch_finish(const struct shale_store *store, const char *id, char ret_id[ID_MAX + 1],
	struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	struct pending pending = { .store = store, .layer = &layer };
	char path[ID_MAX + sizeof("/" SWITCH_COMMITTED)];

	snprintf(path, sizeof(path), "%s/%s", id, SWITCH_COMMITTED);
	int r = is_there(store->home, path);
	if (r <= 0)
		return r < 0 ? error_fail(err, r, "look for '%s'", path) : clear_remains(store, id);
	r = layer_open(store, id, &layer, err);
	if (r == 0)
		r = finish(&pending, err);
	json_decref(pending.record);
	if (r < 0)
		return error_fail(err, r, "finish the snapshot of layer '%s'", id);
	if (ret_id)
		strcpy(ret_id, pending.new_id);
	store_log(store, LOG_INFO, "layer '%s' is a snapshot of layer '%s'", pending.new_id, id);
	return 0;
}
