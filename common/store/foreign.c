/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/foreign.h"

#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/readdir.h"
#include "common/overlay/fdxattr.h"
#include "common/overlay/override.h"
#include "common/store/features.h"
#include "common/store/jsonfile.h"
#include "common/store/layer.h"
#include "common/store/link.h"
#include "common/store/paths.h"
#include "common/store/private.h"
#include "common/store/smallfile.h"
#include "common/store/timestamp.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

const char *shale_engine_name(enum shale_engine engine)
{
	static const char *const names[] = { "shale", "docker", "containers-storage" };

	return names[engine];
}

/* CODE is what a name gives that is of another type or not there, or may not be looked at. */
static bool is_absent(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ELOOP || code == -EACCES ||
	       code == -EXDEV;
}

/* 1, 0, or a negative errno where it cannot be told. */
static int is_dir(int dirfd, const char *name)
{
	struct stat st;
	int r = sys(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW));

	return r == 0 ? S_ISDIR(st.st_mode) : is_absent(r) ? 0 : r;
}

/* ---- the directory ---- */

/* Goes through the names in HOME that may be layers, until FN returns what is not 0. */
static int each_name(int home, int (*fn)(int home, const char *name, void *arg), void *arg)
{
	auto_close int fd = sys(openat(home, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int more, r = 0;

	if (!dir)
		return -errno;
	steal_fd(&fd);
	while (r == 0 && (more = shale_readdir(dir, &entry)) != 0)
		if (more < 0)
			r = more;
		else if (shale_id_valid(entry->d_name))
			r = fn(home, entry->d_name, arg);
	return r;
}

/* A layer without a parent lies on one of these, where Docker mounts nothing. */
static int has_empty(int home, const char *name, void *arg)
{
	auto_close int dir = shale_beneath_open_dir(home, name);

	(void)arg;
	return dir >= 0 && is_dir(dir, "empty");
}

/* A store of ours makes trash/ before l/: with one it is a store in the making. */
int shale_foreign_engine(int home)
{
	int r = is_dir(home, "l"), trash = is_dir(home, "trash");

	if (r <= 0 || trash != 0)
		return r < 0 ? r : trash < 0 ? trash : SHALE_ENGINE_SHALE;
	r = shale_smallfile_exists(home, ".has-mount-program");
	if (r == 0)
		r = is_dir(home, "../overlay-layers");
	if (r == 0)
		r = each_name(home, has_empty, NULL);
	return r < 0 ? r : r ? SHALE_ENGINE_CONTAINERS : SHALE_ENGINE_DOCKER;
}

/* With the option force_mask every file has its owner in an xattr, the roots too. An image or a
 * container can put that xattr on its own root alone: one layer without it answers for all. */
static int keeps_owners(int home, const char *name, void *arg)
{
	bool *any = arg;
	auto_close int dir = shale_beneath_open_dir(home, name);

	int r = dir < 0 ? dir : is_dir(dir, "diff");
	if (r <= 0)
		return r == 0 || is_absent(r) ? 0 : r;
	ssize_t n = shale_getxattr_at(dir, "diff", SHALE_OVERRIDE_XATTR, NULL, 0);
	*any |= n >= 0;
	return n == -ENODATA || n == -EOPNOTSUPP ? 1 : n < 0 && !is_absent((int)n) ? (int)n : 0;
}

int shale_foreign_config(
	int home, enum shale_engine engine, struct shale_store_config *ret, struct shale_error *err)
{
	struct stat st;
	struct shale_store_config config = { .ownership = SHALE_OWNERSHIP_REAL };

	if (fstat(home, &st) < 0)
		return shale_fail(err, -errno, "look at the directory");
	bool any = false;
	int root = shale_is_real_root();
	if (root < 0)
		return shale_fail(err, root, "read '/proc/self/uid_map'");
	config.class = st.st_uid == 0 && root ? SHALE_XATTR_TRUSTED : SHALE_XATTR_USER;
	int r = engine == SHALE_ENGINE_CONTAINERS ? each_name(home, keeps_owners, &any) : 0;
	if (r < 0)
		return shale_fail(err, r, "look at the layers");
	if (r == 0 && any)
		config.ownership = SHALE_OWNERSHIP_OVERRIDE;
	*ret = config;
	return 0;
}

/* An array of objects, each with an "id", as one object. */
static json_t *by_id(json_t *list)
{
	json_t *ret = json_object(), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *id = json_string_value(json_object_get(item, "id"));

		if (ret && id)
			json_object_set(ret, id, item);
	}
	return ret;
}

int shale_foreign_known(int home, enum shale_engine engine, json_t **ret, struct shale_error *err)
{
	auto_free char *text = NULL;

	*ret = NULL;
	if (engine != SHALE_ENGINE_CONTAINERS)
		return 0;
	ssize_t n = shale_smallfile_read(home, "../overlay-layers/layers.json", &text);
	if (n < 0)
		return is_absent((int)n) ? 0 : shale_fail(err, (int)n, "read 'layers.json'");
	auto_json json_t *list = json_loads(text, 0, NULL);
	*ret = json_is_array(list) ? by_id(list) : NULL;
	return 0;
}

/* ---- a layer ---- */

int shale_foreign_is_layer(const struct shale_store *store, const char *id)
{
	auto_close int dir = shale_beneath_open_dir(store->home, id);

	int r = dir < 0 ? dir : shale_smallfile_exists(dir, "diff");

	return r < 0 && is_absent(r) ? 0 : r;
}

struct search {
	const char *name;
	char id[SHALE_ID_MAX + 1];
};

static int has_link(int home, const char *name, void *arg)
{
	struct search *search = arg;
	char link[SHALE_SHORT_LEN + 1];
	auto_close int dir = shale_beneath_open_dir(home, name);

	int r = dir < 0 ? dir : shale_link_of(dir, link);

	if (r < 0)
		return is_absent(r) || r == -EINVAL ? 0 : r;
	if (strcmp(link, search->name) != 0)
		return 0;
	strcpy(search->id, name);
	return 1;
}

int shale_foreign_find(const struct shale_store *store, const char *name,
	char ret_id[SHALE_ID_MAX + 1], struct shale_error *err)
{
	struct search search = { .name = name };
	int r = shale_link_read(store, name, ret_id);

	if (r == 0)
		r = shale_foreign_is_layer(store, ret_id);
	if (r > 0)
		return 0;
	if (r < 0 && !is_absent(r) && r != -EINVAL)
		return shale_fail(err, r, "look at 'l/%s'", name);
	r = each_name(store->home, has_link, &search);
	if (r < 0)
		return shale_fail(err, r, "look for the layer of 'l/%s'", name);
	if (r == 0)
		return shale_fail_plain(err, -ENOENT, "no layer has the link 'l/%s'", name);
	strcpy(ret_id, search.id);
	return 0;
}

/* The link of a layer that lost its file "link". */
static int find_link(const struct shale_store *store, struct shale_layer *layer)
{
	auto_close int fd = sys(openat(store->links, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char id[SHALE_ID_MAX + 1];
	struct dirent *entry;
	int more = 0;

	if (!dir)
		return -errno;
	steal_fd(&fd);
	while (!layer->link[0] && (more = shale_readdir(dir, &entry)) > 0)
		if (shale_short_valid(entry->d_name) &&
			shale_link_read(store, entry->d_name, id) == 0 && !strcmp(id, layer->id))
			strcpy(layer->link, entry->d_name);
	return more < 0 ? more : 0;
}

/* What its files mean is not in diff/ alone. */
static int must_be_plain(const struct shale_layer *layer, struct shale_error *err)
{
	static const struct {
		const char *name, *why;
	} odd[] = { { "diff1", "its owners were shifted into a second directory, 'diff1'" },
		{ "composefs-data", "its files are in a composefs image" } };

	int r = is_dir(layer->dir, "diff");
	if (r < 0)
		return r;
	if (r == 0)
		return shale_fail_plain(err, -EOPNOTSUPP,
			"layer '%s': its files are not in '%s/diff' (an additional layer store?)",
			layer->id, layer->id);
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		r = shale_smallfile_exists(layer->dir, odd[i].name);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		shale_fail_plain(err, -EOPNOTSUPP, "layer '%s': %s", layer->id, odd[i].why);
		return shale_remedy(err, -EOPNOTSUPP,
			"let its engine save the image, and take that: shale import");
	}
	return 0;
}

/* Whiteouts are files called .wh.NAME where a mount_program is used. */
static int features_of(const struct shale_store *store)
{
	auto_free char *text = NULL;

	if (store->engine != SHALE_ENGINE_CONTAINERS)
		return 0;
	ssize_t n = shale_smallfile_read(store->home, ".has-mount-program", &text);
	if (n < 0)
		return is_absent((int)n) ? 0 : (int)n;
	return !strncmp(text, "true", 4) ? (int)SHALE_FEATURE_AUFS : 0;
}

static int set_created(const struct shale_layer *layer, json_t *known)
{
	const char *said = json_string_value(json_object_get(known, "created"));
	char created[SHALE_TIMESTAMP_SIZE] = "";
	struct stat st;

	if (!said) {
		int r = sys(fstatat(layer->dir, "link", &st, AT_SYMLINK_NOFOLLOW));
		if (r == -ENOENT)
			r = sys(fstat(layer->dir, &st));
		if (r < 0)
			return r;
	}
	if (!said)
		shale_timestamp_of(st.st_mtim.tv_sec, created);
	return json_object_set_new(layer->record, "created", json_string(said ? said : created));
}

/* What layers.json has under other keys. */
static void take_known(struct shale_layer *layer, json_t *known)
{
	static const char *const keys[][2] = { { "diff-digest", "diff-id" },
		{ "diff-size", "size" } };
	json_t *names = json_object_get(known, "names");

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		json_t *value = json_object_get(known, keys[i][0]);

		if (value)
			json_object_set(layer->record, keys[i][1], value);
	}
	if (json_array_size(names) > 0)
		json_object_set(layer->record, "name", json_array_get(names, 0));
}

static int write_record(
	const struct shale_store *store, struct shale_layer *layer, const char *parent)
{
	json_t *known = json_object_get(store->known, layer->id);
	int features = features_of(store);

	if (features < 0)
		return features;
	layer->record = json_pack("{s:s, s:s, s:s}", "parent", parent, "kind", "layer", "engine",
		shale_engine_name(store->engine));
	int r = layer->record ? set_created(layer, known) : -ENOMEM;
	if (r < 0)
		return r;
	take_known(layer, known);
	r = shale_features_set_own(layer->record, (unsigned int)features);
	return r < 0 ? r : shale_features_set_below(layer->record, (unsigned int)features);
}

int shale_foreign_describe(
	const struct shale_store *store, struct shale_layer *layer, struct shale_error *err)
{
	char parent[SHALE_ID_MAX + 1] = "";
	int r = must_be_plain(layer, err);

	if (r == 0 && layer->n_lowers)
		r = shale_foreign_find(store, layer->lowers[0] + 2, parent, err);
	if (r < 0)
		return shale_fail(err, r, "layer '%s'", layer->id);
	r = shale_link_of(layer->dir, layer->link);
	if (r < 0)
		layer->link[0] = 0;
	if (r < 0 && (is_absent(r) || r == -EINVAL))
		r = find_link(store, layer);
	if (r == 0)
		r = write_record(store, layer, parent);
	return r < 0 ? shale_fail(err, r, "layer '%s'", layer->id) : 0;
}

int shale_foreign_refuse(const struct shale_store *store, struct shale_error *err)
{
	if (store->engine == SHALE_ENGINE_SHALE)
		return 0;
	shale_fail_plain(err, -EROFS, "'%s' is kept by another engine (%s), and only read here",
		store->home_path, shale_engine_name(store->engine));
	return shale_remedy(err, -EROFS,
		"make a layer on one of these in a store of your own: shale --home HOME create "
		"--rw "
		"--parent %s/ID NEW",
		store->home_path);
}
