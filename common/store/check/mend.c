/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/check/mend.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/rename_flags.h"
#include "common/store/files/jsonfile.h"
#include "common/store/layer.h"
#include "common/store/link.h"
#include "common/store/files/lock.h"
#include "common/store/lower.h"
#include "common/store/original_stream.h"
#include "common/store/paths.h"
#include "common/store/store_struct.h"
#include "common/store/remains.h"
#include "common/store/files/smallfile.h"
#include "common/store/trash.h"
#include "common/store/layer_lock.h"
#include "common/store/replace_file.h"
#include "common/store/mount/live_refs.h"
#include "common/store/id.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int open_layer_dir(const struct shale_store *store, const char *id)
{
	return sys(openat(store->home, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* ---- links ---- */

struct search {
	const struct shale_store *store;
	const char *id;
	char found[SHORT_LEN + 1];
	bool named; /* a child's file "lower" has FOUND, so no other link can be the layer's */
};

static bool is_named_by(const struct search *search, const char *id, const char *name)
{
	auto_close int dir = open_layer_dir(search->store, id);
	auto_free char *lower = NULL;

	return dir >= 0 && smallfile_read(dir, "lower", &lower) > 0 &&
	       strncmp(lower, "l/", 2) == 0 && !strncmp(lower + 2, name, strlen(name));
}

/* Looks for the link of a layer that lost its file "link". Each child has this link as the first
 * one in its file "lower"; layer.json of a child names its parent. */
static int look_at_child(const char *id, void *arg)
{
	struct search *search = arg;
	auto_json json_t *record = NULL;
	auto_free char *lower = NULL;
	auto_close int dir = open_layer_dir(search->store, id);

	if (dir < 0 || json_read(dir, "layer.json", &record, NULL) < 0)
		return 0;
	const char *parent = json_string_value(json_object_get(record, "parent"));
	if (!parent || strcmp(parent, search->id) != 0 ||
		smallfile_read(dir, "lower", &lower) < 2 + SHORT_LEN)
		return 0;
	lower[2 + SHORT_LEN] = 0;
	if (strncmp(lower, "l/", 2) != 0 || !short_valid(lower + 2))
		return 0;
	memcpy(search->found, lower + 2, sizeof(search->found));
	search->named = true;
	return 1;
}

static int look_in_links(struct search *search)
{
	char id[ID_MAX + 1];
	struct dirent **entries;
	int n = scandirat(search->store->home, "l", &entries, NULL, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;

		if (!search->found[0] && short_valid(name) &&
			link_read(search->store, name, id) == 0 && !strcmp(id, search->id))
			memcpy(search->found, name, sizeof(search->found));
		free(entries[i]);
	}
	free(entries);
	return 0;
}

/* Tells whether DIR's file "link" has a link of its own. It is not its own if l/SHORT leads to
 * another layer that has the same link. */
static bool has_own_link(const struct shale_store *store, const struct search *search, int dir,
	char ret[SHORT_LEN + 1])
{
	char id[ID_MAX + 1], owned[SHORT_LEN + 1];

	if (link_of(dir, ret) < 0)
		return false;
	if (link_read(store, ret, id) < 0 || !strcmp(id, search->id))
		return true;
	auto_close int other = open_layer_dir(store, id);
	return other < 0 || link_of(other, owned) < 0 || strcmp(owned, ret) != 0 ||
	       is_named_by(search, search->id, ret);
}

static int mend_link(const struct shale_store *store, const char *id)
{
	struct search search = { .store = store, .id = id };
	char name[SHORT_LEN + 1], leads_to[ID_MAX + 1];
	auto_close int dir = open_layer_dir(store, id);
	int r = dir < 0 ? dir : 0;

	if (r == 0 && !has_own_link(store, &search, dir, name)) {
		r = layer_each(store, look_at_child, &search);
		if (r >= 0 && !search.named)
			r = look_in_links(&search);
		if (r >= 0 && !search.found[0])
			r = short_make(search.found);
		memcpy(name, search.found, sizeof(name));
		if (r >= 0)
			r = smallfile_replace(store, dir, "link", name);
	}
	if (r < 0)
		return r;
	if (link_read(store, name, leads_to) == 0 && !strcmp(leads_to, id))
		return 0;
	r = sys(unlinkat(store->links, name, 0));
	if (r == 0 || r == -ENOENT)
		r = link_make(store, name, id);
	return r < 0 ? r : sys(fsync(store->links));
}

/* ---- small files ---- */

static int mend_lower(const struct shale_store *store, const char *id, struct shale_error *err)
{
	auto_layer struct layer parent = LAYER_NONE;
	auto_json json_t *record = NULL;
	auto_free char *text = NULL;
	auto_close int dir = open_layer_dir(store, id);
	int r = dir < 0 ? dir : json_read(dir, "layer.json", &record, err);

	if (r < 0)
		return r;
	const char *name = json_string_value(json_object_get(record, "parent"));
	if (!name || !*name) {
		r = sys(unlinkat(dir, "lower", 0));
		return r < 0 ? r : sys(fsync(dir));
	}
	r = layer_open(store, name, &parent, err);
	if (r == 0)
		r = lower_to_text(&parent, &text);
	return r < 0 ? r : smallfile_replace(store, dir, "lower", text);
}

static int mend_committed(const struct shale_store *store, const char *id)
{
	auto_close int dir = open_layer_dir(store, id);
	int r = dir < 0 ? dir : smallfile_create(dir, "committed", "", 0600);

	if (r < 0)
		return r == -EEXIST ? 0 : r;
	return sys(fsync(dir));
}

static int mend_work(const struct shale_store *store, const char *id)
{
	auto_close int dir = open_layer_dir(store, id);
	int r = dir < 0 ? dir : sys(mkdirat(dir, "work", 0700));

	return r < 0 ? r : sys(fsync(dir));
}

static int mend_original(const struct shale_store *store, const char *id, struct shale_error *err)
{
	auto_close int dir = open_layer_dir(store, id);

	return dir < 0 ? dir : original_stream_forget(store, dir, err);
}

/* ---- files to remove or move ---- */

/* Moves PATH, below HOME, to lost+found under a name that is free there. */
static int set_aside(const struct shale_store *store, const char *path, struct shale_error *err)
{
	auto_close int lost = dir_open_sub(store->home, LOST_DIR, err);
	auto_free char *name = strdup(path);
	int r = lost < 0 ? lost : name ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	for (char *p = name; (p = strchr(p, '/'));)
		*p = ':';
	for (int i = 1; i < 10000; i++) {
		r = rename_noreplace(store->home, path, lost, name, 0);
		if (r != -EEXIST)
			break;
		auto_free char *next = NULL;
		if (asprintf(&next, "%.*s.%d", (int)strcspn(path, "/"), path, i) < 0)
			return -ENOMEM;
		free(name);
		name = steal_ptr(&next);
	}
	if (r == 0)
		r = sys(fsync(lost));
	return r == 0 ? sys(fsync(store->home)) : r;
}

/* Tells whether a layer may be writable. Says yes if layer.json cannot be read: a writable layer
 * may hold a user's work, so repair must not delete it. */
static bool may_be_writable(int dir)
{
	auto_json json_t *record = NULL;

	if (json_read(dir, "layer.json", &record, NULL) < 0)
		return true;
	const char *kind = json_string_value(json_object_get(record, "kind"));
	return !kind || strcmp(kind, "layer") != 0;
}

static int remove_layer(const struct shale_store *store, const char *id, const char **ret_done,
	struct shale_error *err)
{
	char trash[SHORT_LEN + 1];
	auto_close int trash_lock = lock_take(store->trash, ".lock", LOCK_SH);
	auto_close int lock = trash_lock < 0 ? trash_lock : layer_lock(store, id, err);
	int r = lock < 0 ? lock : refs_must_be_idle(store, id, err);
	auto_close int dir = r < 0 ? r : open_layer_dir(store, id);

	if (dir < 0)
		return dir;
	bool keep = may_be_writable(dir);
	r = keep ? set_aside(store, id, err) : remains_make(store, id, trash);
	if (r < 0)
		return r;
	if (!keep && !trash[0])
		r = remains_delete(store, id);
	link_drop(store, dir);
	layer_lock_forget(store, id);
	if (!keep && trash[0])
		trash_delete(store, trash);
	if (r < 0)
		return r;
	*ret_done = keep ? "the layer was moved to '" LOST_DIR "'" : "the layer was removed";
	return 0;
}

static int forget_image(const struct shale_store *store, const char *file)
{
	int r = sys(unlinkat(store->images, file, 0));

	return r == 0 ? sys(fsync(store->images)) : r;
}

int problem_mend(const struct shale_store *store, const struct problem *problem,
	const char **ret_done, struct shale_error *err)
{
	switch (problem->mend) {
	case MEND_LINK:
		*ret_done = "made again";
		return mend_link(store, problem->name);
	case MEND_LOWER:
		*ret_done = "written again";
		return mend_lower(store, problem->name, err);
	case MEND_COMMITTED:
		*ret_done = "marked";
		return mend_committed(store, problem->name);
	case MEND_WORK:
		*ret_done = "made again";
		return mend_work(store, problem->name);
	case MEND_ORIGINAL:
		*ret_done = "forgotten: an export writes a stream of its own";
		return mend_original(store, problem->name, err);
	case MEND_REMOVE:
		return remove_layer(store, problem->name, ret_done, err);
	case MEND_REMAINS:
		*ret_done = "the rest was removed";
		return remains_clear(store, problem->name, err);
	case MEND_FORGET:
		*ret_done = "the image's name was removed";
		return forget_image(store, problem->name);
	case MEND_NOTHING:
		return error_fail_plain(err, -EOPNOTSUPP,
			"bring it back there, or remove the layer and what was made on it");
	case MEND_LATER:
		return error_fail_plain(
			err, -EIO, "check the disk; or remove the layer and what was made on it");
	case MEND_ASIDE:
		*ret_done = "moved to '" LOST_DIR "'";
		return set_aside(store, problem->name, err);
	}
	return -EINVAL;
}
