/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/cleanup.h"
#include "common/error.h"
#include "common/store/jsonfile.h"
#include "common/store/layer.h"
#include "common/store/link.h"
#include "common/store/list.h"
#include "common/store/private.h"
#include "common/store/smallfile.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

struct checker {
	struct shale_store *store;
	shale_pair_fn *fn;
	void *arg;
};

static int report(const struct checker *checker, const char *kind, const char *name,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

static int report(
	const struct checker *checker, const char *kind, const char *name, const char *format, ...)
{
	auto_free char *what = NULL;
	auto_free char *why = NULL;
	va_list args;

	va_start(args, format);
	int r = vasprintf(&why, format, args);
	va_end(args);
	if (r < 0 || asprintf(&what, "%s %s", kind, name) < 0)
		return -ENOMEM;
	return checker->fn(what, why, checker->arg);
}

static bool has_dir(const struct shale_layer *layer, const char *name)
{
	struct stat st;

	return fstatat(layer->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int check_link(const struct checker *checker, const struct shale_layer *layer)
{
	char id[SHALE_ID_MAX + 1];
	int r = shale_link_read(checker->store, layer->link, id);

	if (r < 0)
		return report(checker, "layer", layer->id, "its link 'l/%s': %s", layer->link,
			strerror(-r));
	if (strcmp(id, layer->id) != 0)
		return report(checker, "layer", layer->id, "its link 'l/%s' leads to layer '%s'",
			layer->link, id);
	return 0;
}

static bool continues(const struct shale_layer *layer, const struct shale_layer *parent)
{
	if (layer->n_lowers != parent->n_lowers + 1 ||
		strcmp(layer->lowers[0] + 2, parent->link) != 0)
		return false;
	for (size_t i = 0; i < parent->n_lowers; i++)
		if (strcmp(layer->lowers[i + 1], parent->lowers[i]) != 0)
			return false;
	return true;
}

static int check_parent(const struct checker *checker, const struct shale_layer *layer)
{
	auto_layer struct shale_layer parent = SHALE_LAYER_NONE;
	const char *name = shale_layer_parent(layer);

	if (!*name && !layer->n_lowers)
		return 0;
	if (!*name || !layer->n_lowers)
		return report(checker, "layer", layer->id,
			"'lower' and layer.json disagree on the parent");
	if (shale_layer_open(checker->store, name, &parent, NULL) < 0)
		return report(
			checker, "layer", layer->id, "its parent '%s' is lost or damaged", name);
	if (!continues(layer, &parent))
		return report(checker, "layer", layer->id,
			"'lower' is not what its parent '%s' says", name);
	if (!parent.committed)
		return report(checker, "layer", name, "has the child '%s', and is not committed",
			layer->id);
	return 0;
}

static int check_layer(const struct checker *checker, const char *id)
{
	auto_layer struct shale_layer layer = SHALE_LAYER_NONE;
	struct shale_error err = { 0 };

	if (shale_layer_open(checker->store, id, &layer, &err) < 0)
		return shale_layer_is_there(checker->store, id) == 1
			       ? report(checker, "layer", id, "%s", err.text)
			       : 0;
	const char *kind = shale_layer_field(&layer, "kind");
	int r = 0;
	if (strcmp(kind, "rw") != 0 && strcmp(kind, "layer") != 0)
		r = report(checker, "layer", id, "layer.json: unknown kind '%s'", kind);
	if (r == 0 && !has_dir(&layer, "diff"))
		r = report(checker, "layer", id, "diff/ is lost");
	if (r == 0 && layer.n_lowers && layer.rw && !has_dir(&layer, "work"))
		r = report(checker, "layer", id, "work/ is lost");
	if (r == 0)
		r = check_link(checker, &layer);
	return r == 0 ? check_parent(checker, &layer) : r;
}

static int check_links(const struct checker *checker)
{
	struct dirent **entries;
	int r = 0, n = scandirat(checker->store->home, "l", &entries, NULL, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		char id[SHALE_ID_MAX + 1];
		const char *name = entries[i]->d_name;

		/* One that leads nowhere may be that of a layer in the making; gc can tell. */
		if (r == 0 && name[0] != '.' &&
			(!shale_short_valid(name) ||
				shale_link_read(checker->store, name, id) == -EINVAL))
			r = report(checker, "link", name, "is no link to a layer");
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int check_image(const struct checker *checker, const char *file)
{
	auto_json json_t *image = NULL;
	struct shale_error err = { 0 };
	int r = shale_json_read(checker->store->images, file, &image, &err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return report(checker, "image", file, "%s", err.text);
	const char *top = json_string_value(json_object_get(image, "top"));
	if (!top || !shale_id_valid(top) || shale_layer_is_there(checker->store, top) != 1)
		return report(checker, "image", file, "its top layer '%s' is lost", top ? top : "");
	return 0;
}

static int check_images(const struct checker *checker)
{
	struct dirent **entries;
	int r = 0, n = scandirat(checker->store->home, "images", &entries, NULL, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (r == 0 && entries[i]->d_name[0] != '.')
			r = check_image(checker, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int check_strangers(const struct checker *checker)
{
	static const char *const known[] = { "shale.json", "l", "staging", "trash", "images",
		"lost+found" };
	struct dirent **entries;
	int r = 0, n = scandirat(checker->store->home, ".", &entries, NULL, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		bool stranger = strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
				shale_layer_is_there(checker->store, name) == 0;

		for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
			stranger = stranger && strcmp(name, known[k]) != 0;
		if (r == 0 && stranger && shale_smallfile_exists(checker->store->home, name))
			r = report(checker, "file", name, "is not the store's");
		free(entries[i]);
	}
	free(entries);
	return r;
}

int shale_store_check(
	struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	auto_ids struct shale_ids ids = { 0 };
	const struct checker checker = { store, fn, arg };
	int r = shale_ids_read(store, &ids, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < ids.n; i++)
		r = check_layer(&checker, ids.ids[i]);
	if (r == 0)
		r = check_links(&checker);
	if (r == 0)
		r = check_images(&checker);
	if (r == 0)
		r = check_strangers(&checker);
	return r < 0 ? shale_fail(err, r, "check '%s'", store->home_path) : r;
}
