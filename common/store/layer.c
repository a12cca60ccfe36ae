/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/layer.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/readdir.h"
#include "common/store/foreign.h"
#include "common/store/jsonfile.h"
#include "common/store/link.h"
#include "common/store/private.h"
#include "common/store/remains.h"
#include "common/store/smallfile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int damaged(const char *id, int code, struct shale_error *err, const char *what)
{
	shale_fail(err, code, "layer '%s' is damaged: %s", id, what);
	return shale_remedy(err, code, "see 'shale check'; remove the layer and make it again");
}

static int split_lowers(struct shale_layer *layer)
{
	size_t n = 1;

	for (const char *p = layer->lower_text; *p; p++)
		n += *p == ':';
	layer->lowers = calloc(n, sizeof(*layer->lowers));
	if (!layer->lowers)
		return -ENOMEM;
	for (char *save, *p = strtok_r(layer->lower_text, ":", &save); p;
		p = strtok_r(NULL, ":", &save)) {
		if (strncmp(p, "l/", 2) != 0 || !shale_short_valid(p + 2))
			return -EINVAL;
		layer->lowers[layer->n_lowers++] = p;
	}
	return layer->n_lowers ? 0 : -EINVAL;
}

static int read_lower(struct shale_layer *layer)
{
	ssize_t n = shale_smallfile_read(layer->dir, "lower", &layer->lower_text);

	if (n == -ENOENT)
		return 0;
	return n < 0 ? (int)n : split_lowers(layer);
}

const char *shale_layer_field(const struct shale_layer *layer, const char *key)
{
	const char *value = json_string_value(json_object_get(layer->record, key));

	return value ? value : "";
}

const char *shale_layer_parent(const struct shale_layer *layer)
{
	return shale_layer_field(layer, "parent");
}

/* Of another engine we do not know what else it keeps in HOME. */
static int is_of_engine(const struct shale_store *store, const char *id)
{
	return store->engine == SHALE_ENGINE_SHALE ? 1 : shale_foreign_is_layer(store, id);
}

static int read_foreign(
	const struct shale_store *store, struct shale_layer *layer, struct shale_error *err)
{
	int r = read_lower(layer);

	if (r < 0)
		return shale_fail(err, r, "layer '%s': its file 'lower'", layer->id);
	return shale_foreign_describe(store, layer, err);
}

static int read_small_files(struct shale_layer *layer, struct shale_error *err)
{
	int r = shale_link_of(layer->dir, layer->link);

	if (r < 0)
		return damaged(layer->id, r, err, "link");
	r = read_lower(layer);
	if (r < 0)
		return damaged(layer->id, r, err, "lower");
	r = shale_json_read(layer->dir, "layer.json", &layer->record, err);
	if (r < 0)
		return damaged(layer->id, r, err, "layer.json");
	const char *parent = shale_layer_parent(layer);
	if (*parent && !shale_id_valid(parent))
		return damaged(layer->id, -EINVAL, err, "the parent in layer.json");
	layer->rw = !strcmp(shale_layer_field(layer, "kind"), "rw");
	/* Nobody may take for the last of its chain what others need. */
	r = shale_smallfile_exists(layer->dir, "committed");
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

int shale_layer_still_there(
	const struct shale_store *store, const struct shale_layer *layer, struct shale_error *err)
{
	struct stat now, then;

	if (fstat(layer->dir, &then) < 0)
		return shale_fail(err, -errno, "layer '%s'", layer->id);
	int r = sys(fstatat(store->home, layer->id, &now, AT_SYMLINK_NOFOLLOW));
	if (r < 0 && r != -ENOENT)
		return shale_fail(err, r, "layer '%s'", layer->id);
	if (r == 0 && now.st_dev == then.st_dev && now.st_ino == then.st_ino)
		r = shale_remains_at(store, layer->id);
	else
		r = 1;
	if (r <= 0)
		return r < 0 ? shale_fail(err, r, "layer '%s'", layer->id) : 0;
	return shale_fail_plain(
		err, -ESTALE, "layer '%s' was removed or replaced meanwhile", layer->id);
}

static int fail_absent(
	const struct shale_store *store, const struct shale_layer *layer, struct shale_error *err)
{
	shale_error_clear(err);
	shale_fail_plain(err, -ENOENT, "layer '%s': no such layer", layer->id);
	return shale_remedy(err, -ENOENT, "'shale ls' lists the layers of '%s'", store->home_path);
}

/* -ESTALE: what was read is of a layer that was removed or replaced meanwhile, perhaps half of it.
 */
static int read_layer(
	const struct shale_store *store, struct shale_layer *layer, struct shale_error *err)
{
	layer->dir = open_dir(store, layer->id);
	if (layer->dir == -ENOENT || layer->dir == -ENOTDIR)
		return fail_absent(store, layer, err);
	if (layer->dir < 0)
		return shale_fail(err, layer->dir, "open layer '%s'", layer->id);
	if (store->engine != SHALE_ENGINE_SHALE)
		return read_foreign(store, layer, err);
	struct shale_error gone = { 0 };
	int r = read_small_files(layer, err);
	if (r == -ENOENT && shale_remains_at(store, layer->id) == 1)
		return fail_absent(store, layer, err);
	int there = r == 0 || r == -ENOENT ? shale_layer_still_there(store, layer, &gone) : 0;
	if (there < 0)
		*err = gone;
	return there < 0 ? there : r;
}

int shale_layer_open(const struct shale_store *store, const char *id, struct shale_layer *ret,
	struct shale_error *err)
{
	int r = shale_id_check(id, err);

	if (r < 0)
		return r;
	do {
		auto_layer struct shale_layer layer = SHALE_LAYER_NONE;
		struct shale_error why = { 0 };

		strcpy(layer.id, id);
		r = read_layer(store, &layer, &why);
		if (r < 0 && r != -ESTALE && err)
			*err = why;
		if (r < 0)
			continue;
		*ret = layer;
		layer = SHALE_LAYER_NONE;
	} while (r == -ESTALE);
	return r;
}

void shale_layer_close(struct shale_layer *layer)
{
	int saved = errno;

	if (layer->dir >= 0)
		close(layer->dir);
	free(layer->lowers);
	free(layer->lower_text);
	json_decref(layer->record);
	*layer = SHALE_LAYER_NONE;
	errno = saved;
}

int shale_layer_is_there(const struct shale_store *store, const char *id)
{
	struct stat st;
	int r = sys(fstatat(store->home, id, &st, AT_SYMLINK_NOFOLLOW));

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = S_ISDIR(st.st_mode) ? is_of_engine(store, id) : 0;
	if (r <= 0)
		return r;
	r = shale_remains_at(store, id);
	return r < 0 ? r : !r;
}

bool shale_layer_is_immutable(const struct shale_layer *layer)
{
	return layer->committed || !layer->rw;
}

/* ---- the chain ---- */

void shale_layer_chain_free(char **ids)
{
	for (char **id = ids; id && *id; id++)
		free(*id);
	free(ids);
}

static void cleanup_chain(char ***ids)
{
	shale_layer_chain_free(*ids);
}
#define auto_chain __attribute__((cleanup(cleanup_chain)))

/* Finds the layer behind a link that is lost: it is the parent of CHILD. */
static int mend_link(const struct shale_store *store, const char *child, const char *name,
	char ret_id[SHALE_ID_MAX + 1], struct shale_error *err)
{
	auto_layer struct shale_layer layer = SHALE_LAYER_NONE;
	auto_layer struct shale_layer parent = SHALE_LAYER_NONE;
	int r = shale_layer_open(store, child, &layer, err);

	if (r == 0)
		r = shale_layer_open(store, shale_layer_parent(&layer), &parent, err);
	if (r < 0)
		return damaged(child, r, err, "its parent is lost");
	if (strcmp(parent.link, name) != 0)
		return damaged(child, -EINVAL, err, "its parent is another one now");
	unlinkat(store->links, name, 0);
	r = shale_link_make(store, name, parent.id);
	if (r < 0 && r != -EEXIST)
		return shale_fail(err, r, "make link 'l/%s' again", name);
	strcpy(ret_id, parent.id);
	return 0;
}

static int next_id(const struct shale_store *store, const char *child, const char *lower,
	char ret_id[SHALE_ID_MAX + 1], struct shale_error *err)
{
	if (store->engine != SHALE_ENGINE_SHALE)
		return shale_foreign_find(store, lower + 2, ret_id, err);
	int r = shale_link_read(store, lower + 2, ret_id);

	if (r == 0 && shale_layer_is_there(store, ret_id) == 1)
		return 0;
	return mend_link(store, child, lower + 2, ret_id, err);
}

int shale_layer_chain(const struct shale_store *store, const struct shale_layer *layer, char ***ret,
	struct shale_error *err)
{
	auto_chain char **ids = calloc(layer->n_lowers + 2, sizeof(*ids));
	char id[SHALE_ID_MAX + 1];

	if (!ids || !(ids[0] = strdup(layer->id)))
		return shale_fail(err, -ENOMEM, "layer '%s'", layer->id);
	for (size_t i = 0; i < layer->n_lowers; i++) {
		int r = next_id(store, ids[i], layer->lowers[i], id, err);

		if (r < 0)
			return r;
		ids[i + 1] = strdup(id);
		if (!ids[i + 1])
			return shale_fail(err, -ENOMEM, "layer '%s'", layer->id);
	}
	*ret = steal_ptr(&ids);
	return 0;
}

int shale_layer_mend_links(
	const struct shale_store *store, const struct shale_layer *layer, struct shale_error *err)
{
	auto_chain char **ids = NULL;
	char id[SHALE_ID_MAX + 1];
	bool whole = true;

	for (size_t i = 0; i < layer->n_lowers && whole; i++)
		whole = shale_link_read(store, layer->lowers[i] + 2, id) == 0 &&
			shale_layer_is_there(store, id) == 1;
	if (whole)
		return 0;
	int r = shale_layer_chain(store, layer, &ids, err);
	return r < 0 ? r : 1;
}

int shale_layer_each(const struct shale_store *store, shale_layer_id_fn *fn, void *arg)
{
	auto_close int fd = sys(openat(store->home, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int more, r = 0;

	if (!dir)
		return -errno;
	steal_fd(&fd);
	while (r == 0 && (more = shale_readdir(dir, &entry)) != 0) {
		if (more < 0)
			return more;
		if (!shale_id_valid(entry->d_name))
			continue;
		int there = entry->d_type == DT_DIR ? is_of_engine(store, entry->d_name)
			    : entry->d_type == DT_UNKNOWN
				    ? shale_layer_is_there(store, entry->d_name)
				    : 0;
		r = there > 0 ? fn(entry->d_name, arg) : there;
	}
	return r;
}
