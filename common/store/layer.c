/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/layer.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/store/foreign/foreign.h"
#include "common/store/files/jsonfile.h"
#include "common/store/renamed_record.h"
#include "common/store/link.h"
#include "common/store/store_struct.h"
#include "common/store/switch_names.h"
#include "common/store/remains_found.h"
#include "common/store/files/lock.h"
#include "common/store/files/smallfile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

static int damaged(const char *id, int code, struct shale_error *err, const char *what)
{
	error_fail(err, code, "layer '%s' is damaged: %s", id, what);
	return error_remedy(err, code, "see 'shale check'; remove the layer and make it again");
}

static int split_lowers(struct layer *layer)
{
	size_t n = 1;

	for (const char *p = layer->lower_text; *p; p++)
		n += *p == ':';
	layer->lowers = calloc(n, sizeof(*layer->lowers));
	if (!layer->lowers)
		return -ENOMEM;
	for (char *save, *p = strtok_r(layer->lower_text, ":", &save); p;
		p = strtok_r(NULL, ":", &save)) {
		if (strncmp(p, "l/", 2) != 0 || !short_valid(p + 2))
			return -EINVAL;
		layer->lowers[layer->n_lowers++] = p;
	}
	return layer->n_lowers ? 0 : -EINVAL;
}

int layer_read_lower(struct layer *layer)
{
	ssize_t n = smallfile_read(layer->dir, "lower", &layer->lower_text);

	if (n == -ENOENT)
		return 0;
	return n < 0 ? (int)n : split_lowers(layer);
}

/* Tells whether a directory in another engine's HOME is a layer: the engine may keep other
 * directories there. */
static int is_of_engine(const struct shale_store *store, const char *id)
{
	return store->engine == ENGINE_SHALE ? 1 : foreign_is_layer(store, id);
}

static int read_foreign(
	const struct shale_store *store, struct layer *layer, struct shale_error *err)
{
	int r = layer_read_lower(layer);

	if (r < 0)
		return error_fail(err, r, "layer '%s': its file 'lower'", layer->id);
	return foreign_describe(store, layer, err);
}

static int read_small_files(struct layer *layer, struct shale_error *err)
{
	int r = link_of(layer->dir, layer->link);

	if (r < 0)
		return damaged(layer->id, r, err, "link");
	r = layer_read_lower(layer);
	if (r < 0)
		return damaged(layer->id, r, err, "lower");
	r = json_read(layer->dir, "layer.json", &layer->record, err);
	if (r < 0)
		return damaged(layer->id, r, err, "layer.json");
	layer->moving = renamed_record_take(layer);
	const char *parent = layer_parent(layer);
	if (*parent && !id_is_valid(parent))
		return damaged(layer->id, -EINVAL, err, "the parent in layer.json");
	layer->rw = !strcmp(layer_field(layer, "kind"), "rw");
	/* On an error assume that the layer is committed, because a layer that others need must
	 * not be changed. */
	r = smallfile_exists(layer->dir, "committed");
	if (r < 0)
		return damaged(layer->id, r, err, "committed");
	layer->committed = r;
	return 0;
}

static int open_dir(const struct shale_store *store, const char *id)
{
	auto_close int fd = sys(
		openat(store->home, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	int r = fd >= 0 ? is_of_engine(store, id) : fd;

	return r < 0 ? r : r == 0 ? -ENOENT : steal_fd(&fd);
}

int layer_still_there(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err)
{
	struct stat now, then;

	if (fstat(layer->dir, &then) < 0)
		return error_fail(err, -errno, "layer '%s'", layer->id);
	int r = sys(fstatat(store->home, layer->id, &now, AT_SYMLINK_NOFOLLOW));
	if (r < 0 && r != -ENOENT)
		return error_fail(err, r, "layer '%s'", layer->id);
	if (r == 0 && now.st_dev == then.st_dev && now.st_ino == then.st_ino)
		r = remains_at(store, layer->id);
	else
		r = 1;
	if (r <= 0)
		return r < 0 ? error_fail(err, r, "layer '%s'", layer->id) : 0;
	return error_fail_plain(
		err, -ESTALE, "layer '%s' was removed or replaced meanwhile", layer->id);
}

int layer_unchanged(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err)
{
	auto_layer struct layer now = LAYER_NONE;
	int r = layer_still_there(store, layer, err);

	if (r < 0 || store->engine != ENGINE_SHALE)
		return r;
	if (smallfile_exists(layer->dir, SWITCH_COMMITTED) != 0) {
		error_fail_plain(
			err, -ESTALE, "a snapshot of layer '%s' is not finished", layer->id);
		return error_remedy(err, -ESTALE,
			"run the command again; if that does not help, finish it: shale put %s",
			layer->id);
	}
	now.dir = sys(fcntl(layer->dir, F_DUPFD_CLOEXEC, 0));
	r = now.dir < 0 ? now.dir : layer_read_lower(&now);
	if (r < 0)
		return error_fail(err, r, "layer '%s'", layer->id);
	if (now.n_lowers == layer->n_lowers &&
		(!now.n_lowers || !strcmp(now.lowers[0], layer->lowers[0])))
		return 0;
	error_fail_plain(err, -ESTALE, "a snapshot of layer '%s' was made meanwhile", layer->id);
	return error_remedy(err, -ESTALE, "run the command again");
}

/* Makes the layer's link again, which a commit by rename loses. Does nothing while that commit is
 * under way. */
static void mend_frozen_link(const struct shale_store *store, const struct layer *layer)
{
	char id[ID_MAX + 1];

	if (store->locks < 0 || link_read(store, layer->link, id) != -ENOENT)
		return;
	auto_close int lock = lock_take(store->locks, layer->id, LOCK_EX | LOCK_NB);
	if (lock >= 0 && layer_still_there(store, layer, NULL) == 0)
		(void)link_make(store, layer->link, layer->id);
}

static int fail_absent(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err)
{
	error_clear(err);
	error_fail_plain(err, -ENOENT, "layer '%s': no such layer", layer->id);
	return error_remedy(err, -ENOENT, "'shale ls' lists the layers of '%s'", store->home_path);
}

/* Reads the layer's files. Returns -ESTALE if the layer was removed or replaced meanwhile,
 * because the files may then be of two layers. */
static int read_layer(const struct shale_store *store, struct layer *layer, struct shale_error *err)
{
	layer->dir = open_dir(store, layer->id);
	if (layer->dir == -ENOENT || layer->dir == -ENOTDIR)
		return fail_absent(store, layer, err);
	if (layer->dir < 0)
		return error_fail(err, layer->dir, "open layer '%s'", layer->id);
	if (store->engine != ENGINE_SHALE)
		return read_foreign(store, layer, err);
	struct shale_error gone = { 0 };
	int r = read_small_files(layer, err);
	if (r == -ENOENT && remains_at(store, layer->id) == 1)
		return fail_absent(store, layer, err);
	int there = r == 0 || r == -ENOENT ? layer_still_there(store, layer, &gone) : 0;
	if (there < 0)
		*err = gone;
	else if (r == 0 && layer->moving)
		mend_frozen_link(store, layer);
	return there < 0 ? there : r;
}

int layer_open(
	const struct shale_store *store, const char *id, struct layer *ret, struct shale_error *err)
{
	int r = id_check(id, err);

	if (r < 0)
		return r;
	do {
		auto_layer struct layer layer = LAYER_NONE;
		struct shale_error why = { 0 };

		strcpy(layer.id, id);
		r = read_layer(store, &layer, &why);
		if (r < 0 && r != -ESTALE && err)
			*err = why;
		if (r < 0)
			continue;
		*ret = layer;
		layer = LAYER_NONE;
	} while (r == -ESTALE);
	return r;
}

int layer_is_there(const struct shale_store *store, const char *id)
{
	struct stat st;
	int r = sys(fstatat(store->home, id, &st, AT_SYMLINK_NOFOLLOW));

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = S_ISDIR(st.st_mode) ? is_of_engine(store, id) : 0;
	if (r <= 0)
		return r;
	r = remains_at(store, id);
	return r < 0 ? r : !r;
}

int layer_must_be_absent(const struct shale_store *store, const char *id, struct shale_error *err)
{
	int r = layer_is_there(store, id);

	if (r <= 0)
		return r < 0 ? error_fail(err, r, "layer '%s'", id) : 0;
	error_fail_plain(err, -EEXIST, "layer '%s': there is such a layer already", id);
	return error_remedy(err, -EEXIST, "choose another id, or remove it first: shale rm %s", id);
}

/* ---- the chain ---- */

void layer_chain_free(char **ids)
{
	for (char **id = ids; id && *id; id++)
		free(*id);
	free(ids);
}

/* The link l/NAME, which leads to the parent of CHILD, is lost. Finds the parent, and makes the
 * link again. */
static int mend_link(const struct shale_store *store, const char *child, const char *name,
	char ret_id[ID_MAX + 1], struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_layer struct layer parent = LAYER_NONE;
	int r = layer_open(store, child, &layer, err);

	if (r == 0)
		r = layer_open(store, layer_parent(&layer), &parent, err);
	if (r < 0)
		return damaged(child, r, err, "its parent is lost");
	if (strcmp(parent.link, name) != 0)
		return damaged(child, -EINVAL, err, "its parent is another one now");
	unlinkat(store->links, name, 0);
	r = link_make(store, name, parent.id);
	if (r < 0 && r != -EEXIST)
		return error_fail(err, r, "make link 'l/%s' again", name);
	strcpy(ret_id, parent.id);
	return 0;
}

static int next_id(const struct shale_store *store, const char *child, const char *lower,
	char ret_id[ID_MAX + 1], struct shale_error *err)
{
	if (store->engine != ENGINE_SHALE)
		return foreign_find(store, lower + 2, ret_id, err);
	int r = link_read(store, lower + 2, ret_id);

	if (r == 0 && layer_is_there(store, ret_id) == 1)
		return 0;
	return mend_link(store, child, lower + 2, ret_id, err);
}

int layer_chain(const struct shale_store *store, const struct layer *layer, char ***ret,
	struct shale_error *err)
{
	auto_layer_chain char **ids = calloc(layer->n_lowers + 2, sizeof(*ids));
	char id[ID_MAX + 1];

	if (!ids || !(ids[0] = strdup(layer->id)))
		return error_fail(err, -ENOMEM, "layer '%s'", layer->id);
	for (size_t i = 0; i < layer->n_lowers; i++) {
		int r = next_id(store, ids[i], layer->lowers[i], id, err);

		if (r < 0)
			return r;
		ids[i + 1] = strdup(id);
		if (!ids[i + 1])
			return error_fail(err, -ENOMEM, "layer '%s'", layer->id);
	}
	*ret = steal_ptr(&ids);
	return 0;
}

int layer_mend_links(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err)
{
	auto_layer_chain char **ids = NULL;
	char id[ID_MAX + 1];
	bool whole = true;

	for (size_t i = 0; i < layer->n_lowers && whole; i++)
		whole = link_read(store, layer->lowers[i] + 2, id) == 0 &&
			layer_is_there(store, id) == 1;
	if (whole)
		return 0;
	int r = layer_chain(store, layer, &ids, err);
	return r < 0 ? r : 1;
}

int layer_each(const struct shale_store *store, layer_id_fn *fn, void *arg)
{
	auto_closedir DIR *dir = dir_list(store->home, ".");
	struct dirent *entry;
	int more, r = 0;

	if (!dir)
		return -errno;
	while (r == 0 && (more = dir_next(dir, &entry)) != 0) {
		if (more < 0)
			return more;
		if (!id_is_valid(entry->d_name))
			continue;
		int there = entry->d_type == DT_DIR       ? is_of_engine(store, entry->d_name)
			    : entry->d_type == DT_UNKNOWN ? layer_is_there(store, entry->d_name)
							  : 0;
		r = there > 0 ? fn(entry->d_name, arg) : there;
	}
	return r;
}
