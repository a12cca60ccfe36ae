/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/snapshot_switch.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/overlay/copy_walk.h"
#include "common/store/files/jsonfile.h"
#include "common/store/files/smallfile.h"
#include "common/store/files/tree.h"
#include "common/store/renamed_record.h"
#include "common/store/store_struct.h"
#include "common/store/switch_finish.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int open_dir(int dirfd, const char *path)
{
	return sys(openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Tells whether the rename that decides has been made. The caller cannot know: it may have been
 * made although the call reported an error. */
static bool is_decided(int dir)
{
	return switch_is_pending(dir) != 0;
}

/* Removes the leftovers of a switch that was not decided. Removes "intent" first: without it a
 * daemon that is late cannot decide the switch any more. */
static int clear(const struct shale_store *store, int dir)
{
	static const char *const names[] = { SWITCH_PLACE, SWITCH_NEW };
	int r = sys(unlinkat(dir, SWITCH_INTENT, 0));

	if (r < 0 && r != -ENOENT)
		return r;
	if (is_decided(dir))
		return -EEXIST;
	r = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && r == 0; i++) {
		r = tree_remove(dir, names[i], store->trash);
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

static int make_dirs(const struct shale_store *store, int dir)
{
	int r = sys(mkdirat(dir, "work", 0700));

	if (r == 0 || r == -EEXIST)
		r = clear(store, dir);
	if (r == 0)
		r = sys(mkdirat(dir, SWITCH_NEW, 0700));
	if (r == 0)
		r = sys(mkdirat(dir, SWITCH_PLACE, 0700));
	/* Try an exchange of two directories now: once the switch is decided it must not fail. */
	if (r == 0)
		r = sys(renameat2(dir, SWITCH_NEW, dir, SWITCH_PLACE, RENAME_EXCHANGE));
	return r == -EINVAL || r == -ENOSYS ? -EOPNOTSUPP : r;
}

/* Gives the new upper directory the metadata of the old one, but not its marks: they were made for
 * the layers below the old one. */
static int make_upper(int dir)
{
	int r = sys(mkdirat(dir, SWITCH_UPPER, 0700));
	auto_close int to = r < 0 ? r : open_dir(dir, SWITCH_UPPER);
	auto_close int from = r < 0 ? r : open_dir(dir, "diff");

	if (to < 0 || from < 0)
		return to < 0 ? to : from;
	return copy_walk_root(to, from, xattr_class_of_process());
}

static int copy_file(int from, int to, const char *name)
{
	auto_free char *text = NULL;
	ssize_t n = smallfile_read(from, name, &text);

	if (n == -ENOENT)
		return 0;
	return n < 0 ? (int)n : smallfile_create(to, name, text, 0644);
}

/* Writes the files of the new layer, which has a child at once. */
static int write_new(const struct layer *layer, const char *new_id, const char *link,
	const struct layer_extra *extra, struct shale_error *err)
{
	auto_json json_t *record = renamed_record_make(layer, new_id);
	auto_free char *text = NULL;
	auto_close int to = open_dir(layer->dir, SWITCH_NEW);
	int r = to < 0 ? to : record ? 0 : -ENOMEM;

	if (r == 0)
		r = smallfile_create(to, "link", link, 0644);
	if (r == 0)
		r = copy_file(layer->dir, to, "lower");
	if (r == 0)
		r = extra ? extra->add(to, record, extra->arg, err)
			  : copy_file(layer->dir, to, "image.json");
	if (r == 0)
		r = smallfile_create(to, "committed", "", 0600);
	if (r < 0)
		return r;
	text = json_dumps(record, JSON_INDENT(2));
	return text ? smallfile_create(to, "layer.json", text, 0644) : -ENOMEM;
}

static int write_intent(const struct layer *layer, const char *new_id, const char *link)
{
	auto_json json_t *intent = json_pack("{s:s, s:s}", "layer", new_id, "link", link);
	auto_free char *text = intent ? json_dumps(intent, 0) : NULL;
	return text ? smallfile_create(layer->dir, SWITCH_INTENT, text, 0600) : -ENOMEM;
}

static int prepare(const struct shale_store *store, const struct layer *layer, const char *new_id,
	const struct switch_mount *mount, const struct layer_extra *extra, struct shale_error *err)
{
	char link[SHORT_LEN + 1];
	int r = make_dirs(store, layer->dir);

	if (r == 0)
		r = short_make(link);
	if (r == 0)
		r = write_new(layer, new_id, link, extra, err);
	if (r == 0 && !mount)
		r = make_upper(layer->dir);
	if (r == 0)
		r = write_intent(layer, new_id, link);
	/* Before the switch is decided, all files of the layer, and all that was made here, must be
	 * on the disk. */
	return r < 0 ? r : sys(syncfs(store->home));
}

static int decide(int dir)
{
	auto_close int place = open_dir(dir, SWITCH_PLACE);
	int r = place < 0 ? place : sys(renameat(dir, SWITCH_INTENT, dir, SWITCH_COMMITTED));

	return r < 0 ? r : sys(fsync(place));
}

static int end(const struct shale_store *store, const struct layer *layer, const char *new_id,
	struct shale_error *err)
{
	char made[ID_MAX + 1] = "";
	int r = switch_finish(store, layer->id, made, err);

	if (r < 0 || !strcmp(made, new_id))
		return r < 0 ? -ESTALE : 0;
	return error_fail_plain(err, -EEXIST,
		"layer '%s' was made meanwhile: the snapshot is layer '%s'", new_id, made);
}

int snapshot_switch(const struct shale_store *store, struct layer *layer, const char *new_id,
	struct switch_mount *mount, const struct layer_extra *extra, struct shale_error *err)
{
	struct shale_error why = { 0 };
	int r = prepare(store, layer, new_id, mount, extra, &why);

	if (r == 0)
		r = mount ? mount->ops->snapshot(mount->target, &mount->pause, &why)
			  : decide(layer->dir);
	/* The error does not tell whether the daemon has decided the switch. If it has not, remove
	 * "intent", so that a daemon that is late cannot decide it afterwards. */
	if (r < 0 && !is_decided(layer->dir)) {
		int cleared = clear(store, layer->dir);
		if (cleared < 0 && !is_decided(layer->dir))
			return error_fail(
				err, cleared, "undo the snapshot of layer '%s'", layer->id);
		if (cleared == 0 && why.code && err)
			*err = why;
		if (cleared == 0)
			return error_fail(err, r, "snapshot of layer '%s'", layer->id);
	}
	return end(store, layer, new_id, err);
}
