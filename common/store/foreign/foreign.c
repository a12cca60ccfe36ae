/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/foreign/foreign.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"
#include "common/store/features.h"
#include "common/store/files/jsonfile.h"
#include "common/store/layer_fields.h"
#include "common/store/link.h"
#include "common/store/paths.h"
#include "common/store/store_struct.h"
#include "common/store/files/smallfile.h"
#include "common/store/files/timestamp.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

const char *engine_name(enum engine engine)
{
	static const char *const names[] = { "shale", "docker", "containers-storage" };

	return names[engine];
}

/* Tells whether CODE means that a name is missing, has another type, or must not be looked at. */
static bool is_absent(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ELOOP || code == -EACCES ||
	       code == -EXDEV;
}

/* Tells whether NAME is a directory: 1, 0, or a negative errno if it cannot be told. */
static int is_dir(int dirfd, const char *name)
{
	struct stat st;
	int r = sys(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW));

	return r == 0 ? S_ISDIR(st.st_mode) : is_absent(r) ? 0 : r;
}

/* ---- the engine's directory HOME ---- */

/* Calls FN for each name in HOME that may be a layer, until FN returns non-zero. */
static int each_name(int home, int (*fn)(int home, const char *name, void *arg), void *arg)
{
	auto_closedir DIR *dir = dir_list(home, ".");
	struct dirent *entry;
	int more, r = 0;

	if (!dir)
		return -errno;
	while (r == 0 && (more = dir_next(dir, &entry)) != 0)
		if (more < 0)
			r = more;
		else if (id_is_valid(entry->d_name))
			r = fn(home, entry->d_name, arg);
	return r;
}

/* Tells containers/storage from Docker: it gives a layer without a parent a directory "empty" to
 * mount on; Docker has no such directory. */
static int has_empty(int home, const char *name, void *arg)
{
	auto_close int dir = beneath_open_dir(home, name);

	(void)arg;
	return dir >= 0 && is_dir(dir, "empty");
}

/* Finds the engine that owns HOME. shale makes trash/ before l/, so a HOME with l/ and trash/ is
 * an incomplete store of shale's, and not another engine's. */
int foreign_engine(int home)
{
	int r = is_dir(home, "l"), trash = is_dir(home, "trash");

	if (r <= 0 || trash != 0)
		return r < 0 ? r : trash < 0 ? trash : ENGINE_SHALE;
	r = smallfile_exists(home, ".has-mount-program");
	if (r == 0)
		r = is_dir(home, "../overlay-layers");
	if (r == 0)
		r = each_name(home, has_empty, NULL);
	return r < 0 ? r : r ? ENGINE_CONTAINERS : ENGINE_DOCKER;
}

/* Tells whether the engine keeps owners in xattrs. With the option force_mask every file, and
 * every root, has its owner in an xattr. An image can put that xattr on its own root alone, so
 * one layer without it proves that the option is off. */
static int keeps_owners(int home, const char *name, void *arg)
{
	bool *any = arg;
	auto_close int dir = beneath_open_dir(home, name);

	int r = dir < 0 ? dir : is_dir(dir, "diff");
	if (r <= 0)
		return r == 0 || is_absent(r) ? 0 : r;
	ssize_t n = opath_xattr_get_at(dir, "diff", OVERRIDE_XATTR, NULL, 0);
	*any |= n >= 0;
	return n == -ENODATA || n == -EOPNOTSUPP ? 1 : n < 0 && !is_absent((int)n) ? (int)n : 0;
}

int foreign_config(int home, enum engine engine, struct store_config *ret, struct shale_error *err)
{
	struct stat st;
	struct store_config config = { .ownership = OWNERSHIP_REAL };

	if (fstat(home, &st) < 0)
		return error_fail(err, -errno, "look at the directory");
	bool any = false;
	int root = user_is_real_root();
	if (root < 0)
		return error_fail(err, root, "read '/proc/self/uid_map'");
	config.class = st.st_uid == 0 && root ? XATTR_TRUSTED : XATTR_USER;
	int r = engine == ENGINE_CONTAINERS ? each_name(home, keeps_owners, &any) : 0;
	if (r < 0)
		return error_fail(err, r, "look at the layers");
	if (r == 0 && any)
		config.ownership = OWNERSHIP_OVERRIDE;
	*ret = config;
	return 0;
}

/* Turns an array of objects, each with an "id", into one object whose keys are the ids. */
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

int foreign_known(int home, enum engine engine, json_t **ret, struct shale_error *err)
{
	auto_free char *text = NULL;

	*ret = NULL;
	if (engine != ENGINE_CONTAINERS)
		return 0;
	ssize_t n = smallfile_read(home, "../overlay-layers/layers.json", &text);
	if (n < 0)
		return is_absent((int)n) ? 0 : error_fail(err, (int)n, "read 'layers.json'");
	auto_json json_t *list = json_loads(text, 0, NULL);
	*ret = json_is_array(list) ? by_id(list) : NULL;
	return 0;
}

/* ---- one layer ---- */

int foreign_is_layer(const struct shale_store *store, const char *id)
{
	auto_close int dir = beneath_open_dir(store->home, id);

	int r = dir < 0 ? dir : smallfile_exists(dir, "diff");

	return r < 0 && is_absent(r) ? 0 : r;
}

struct search {
	const char *name;
	char id[ID_MAX + 1];
};

static int has_link(int home, const char *name, void *arg)
{
	struct search *search = arg;
	char link[SHORT_LEN + 1];
	auto_close int dir = beneath_open_dir(home, name);

	int r = dir < 0 ? dir : link_of(dir, link);

	if (r < 0)
		return is_absent(r) || r == -EINVAL ? 0 : r;
	if (strcmp(link, search->name) != 0)
		return 0;
	strcpy(search->id, name);
	return 1;
}

int foreign_find(const struct shale_store *store, const char *name, char ret_id[ID_MAX + 1],
	struct shale_error *err)
{
	struct search search = { .name = name };
	int r = link_read(store, name, ret_id);

	if (r == 0)
		r = foreign_is_layer(store, ret_id);
	if (r > 0)
		return 0;
	if (r < 0 && !is_absent(r) && r != -EINVAL)
		return error_fail(err, r, "look at 'l/%s'", name);
	r = each_name(store->home, has_link, &search);
	if (r < 0)
		return error_fail(err, r, "look for the layer of 'l/%s'", name);
	if (r == 0)
		return error_fail_plain(err, -ENOENT, "no layer has the link 'l/%s'", name);
	strcpy(ret_id, search.id);
	return 0;
}

/* Finds the link of a layer that lost its file "link". */
static int find_link(const struct shale_store *store, struct layer *layer)
{
	auto_closedir DIR *dir = dir_list(store->links, ".");
	char id[ID_MAX + 1];
	struct dirent *entry;
	int more = 0;

	if (!dir)
		return -errno;
	while (!layer->link[0] && (more = dir_next(dir, &entry)) > 0)
		if (short_valid(entry->d_name) && link_read(store, entry->d_name, id) == 0 &&
			!strcmp(id, layer->id))
			strcpy(layer->link, entry->d_name);
	return more < 0 ? more : 0;
}

/* Refuses a layer that keeps content outside diff/. */
static int must_be_plain(const struct layer *layer, struct shale_error *err)
{
	static const struct {
		const char *name, *why;
	} odd[] = { { "diff1", "its owners were shifted into a second directory, 'diff1'" },
		{ "composefs-data", "its files are in a composefs image" } };

	int r = is_dir(layer->dir, "diff");
	if (r < 0)
		return r;
	if (r == 0)
		return error_fail_plain(err, -EOPNOTSUPP,
			"layer '%s': its files are not in '%s/diff' (an additional layer store?)",
			layer->id, layer->id);
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		r = smallfile_exists(layer->dir, odd[i].name);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		error_fail_plain(err, -EOPNOTSUPP, "layer '%s': %s", layer->id, odd[i].why);
		return error_remedy(err, -EOPNOTSUPP,
			"let its engine save the image, and take that: shale import");
	}
	return 0;
}

/* Finds the features of the engine's layers. An engine that uses a mount_program makes whiteouts
 * as files called .wh.NAME. */
static int features_of(const struct shale_store *store)
{
	auto_free char *text = NULL;

	if (store->engine != ENGINE_CONTAINERS)
		return 0;
	ssize_t n = smallfile_read(store->home, ".has-mount-program", &text);
	if (n < 0)
		return is_absent((int)n) ? 0 : (int)n;
	return !strncmp(text, "true", 4) ? (int)FEATURE_AUFS : 0;
}

static int set_created(const struct layer *layer, json_t *known)
{
	const char *said = json_string_value(json_object_get(known, "created"));
	char created[TIMESTAMP_SIZE] = "";
	struct stat st;

	if (!said) {
		int r = sys(fstatat(layer->dir, "link", &st, AT_SYMLINK_NOFOLLOW));
		if (r == -ENOENT)
			r = sys(fstat(layer->dir, &st));
		if (r < 0)
			return r;
	}
	if (!said)
		timestamp_of(st.st_mtim.tv_sec, created);
	return json_object_set_new(layer->record, "created", json_string(said ? said : created));
}

/* Copies the fields of layers.json to the keys that layer.json uses. */
static void take_known(struct layer *layer, json_t *known)
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

static int write_record(const struct shale_store *store, struct layer *layer, const char *parent)
{
	json_t *known = json_object_get(store->known, layer->id);
	int features = features_of(store);

	if (features < 0)
		return features;
	layer->record = json_pack("{s:s, s:s, s:s}", "parent", parent, "kind", "layer", "engine",
		engine_name(store->engine));
	int r = layer->record ? set_created(layer, known) : -ENOMEM;
	if (r < 0)
		return r;
	take_known(layer, known);
	r = features_set_own(layer->record, (unsigned int)features);
	return r < 0 ? r : features_set_below(layer->record, (unsigned int)features);
}

int foreign_describe(const struct shale_store *store, struct layer *layer, struct shale_error *err)
{
	char parent[ID_MAX + 1] = "";
	int r = must_be_plain(layer, err);

	if (r == 0 && layer->n_lowers)
		r = foreign_find(store, layer->lowers[0] + 2, parent, err);
	if (r < 0)
		return error_fail(err, r, "layer '%s'", layer->id);
	r = link_of(layer->dir, layer->link);
	if (r < 0)
		layer->link[0] = 0;
	if (r < 0 && (is_absent(r) || r == -EINVAL))
		r = find_link(store, layer);
	if (r == 0)
		r = write_record(store, layer, parent);
	return r < 0 ? error_fail(err, r, "layer '%s'", layer->id) : 0;
}

int foreign_refuse(const struct shale_store *store, struct shale_error *err)
{
	if (store->engine == ENGINE_SHALE)
		return 0;
	error_fail_plain(err, -EROFS, "'%s' is kept by another engine (%s), and only read here",
		store->home_path, engine_name(store->engine));
	return error_remedy(err, -EROFS,
		"make a layer on one of these in a store of your own: shale --home HOME create "
		"--rw "
		"--parent %s/ID NEW",
		store->home_path);
}
