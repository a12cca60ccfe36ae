/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/dependents.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/store/files/jsonfile.h"
#include "common/store/store_struct.h"
#include "common/store/files/smallfile.h"
#include "common/store/layer.h"

#include <fcntl.h>
#include <string.h>

/* The most names in an error message. */
#define NAMED_MAX 8

struct search {
	const struct shale_store *store;
	const struct layer *layer;
	char *names;
	size_t n;
};

static int add_name(struct search *search, const char *name)
{
	auto_free char *before = search->names;

	search->n++;
	if (search->n > NAMED_MAX + 1) {
		steal_ptr(&before);
		return 0;
	}
	if (asprintf(&search->names, "%s%s%s", before ? before : "", before ? ", " : "",
		    search->n > NAMED_MAX ? "..." : name) < 0) {
		search->names = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* Collects the layers whose parent is the searched layer: it is the first of their lowers. */
static int add_child(const char *id, void *arg)
{
	struct search *search = arg;
	auto_free char *lower = NULL;
	char path[ID_MAX + sizeof("/lower")];

	snprintf(path, sizeof(path), "%s/lower", id);
	ssize_t n = smallfile_read(search->store->home, path, &lower);
	if (n == -ENOENT || n == -ENOTDIR)
		return 0;
	if (n < 0)
		return (int)n;
	if (strncmp(lower, "l/", 2) != 0 || strncmp(lower + 2, search->layer->link, SHORT_LEN) != 0)
		return 0;
	return add_name(search, id);
}

int dependents_children(const struct shale_store *store, const struct layer *layer, char **ret,
	struct shale_error *err)
{
	struct search search = { .store = store, .layer = layer };
	int r = layer_each(store, add_child, &search);

	if (r < 0) {
		free(search.names);
		return error_fail(err, r, "look for children of layer '%s'", layer->id);
	}
	*ret = search.names;
	return 0;
}

static bool image_uses(json_t *image, const char *id)
{
	const char *top = json_string_value(json_object_get(image, "top"));
	json_t *layer;
	size_t i;

	if (top && !strcmp(top, id))
		return true;
	json_array_foreach(json_object_get(image, "layers"), i, layer)
	{
		const char *text = json_string_value(
			json_is_object(layer) ? json_object_get(layer, "id") : layer);

		if (text && !strcmp(text, id))
			return true;
	}
	return false;
}

static int add_image(struct search *search, const char *file)
{
	auto_json json_t *image = NULL;
	int r = json_read(search->store->images, file, &image, NULL);

	/* The image's record was removed meanwhile, or is damaged. A damaged record must not keep
	 * all layers for ever. */
	if (r == -ENOENT || r == -EINVAL)
		return 0;
	if (r < 0 || !image_uses(image, search->layer->id))
		return r;
	const char *name = json_string_value(json_object_get(image, "name"));
	return add_name(search, name ? name : file);
}

int dependents_images(const struct shale_store *store, const struct layer *layer, char **ret,
	struct shale_error *err)
{
	struct search search = { .store = store, .layer = layer };
	auto_closedir DIR *dir = dir_list(store->home, "images");
	struct dirent *entry;
	int more, r = dir ? 0 : -errno;

	while (r == 0 && (more = dir_next(dir, &entry)) != 0)
		if (more < 0)
			r = more;
		else if (entry->d_name[0] != '.')
			r = add_image(&search, entry->d_name);
	if (r < 0) {
		free(search.names);
		return error_fail(err, r, "look for images of layer '%s'", layer->id);
	}
	*ret = search.names;
	return 0;
}

int dependents_no_child(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err)
{
	auto_free char *names = NULL;

	/* A layer without the mark "committed" has no children: the mark is made durable before
	 * the first child exists. */
	if (!layer->committed)
		return 0;
	int r = dependents_children(store, layer, &names, err);

	if (r < 0 || !names)
		return r;
	error_fail_plain(
		err, -EBUSY, "layer '%s': layers on top of it need it: %s", layer->id, names);
	return error_remedy(err, -EBUSY, "remove those first");
}

int dependents_no_image(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err)
{
	auto_free char *names = NULL;
	int r = dependents_images(store, layer, &names, err);

	if (r < 0 || !names)
		return r;
	error_fail_plain(err, -EBUSY, "layer '%s': images need it: %s", layer->id, names);
	return error_remedy(err, -EBUSY, "remove the image's name first: shale rmi NAME");
}
