/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/foreign/adopt.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/store_config.h"
#include "common/store/draft.h"
#include "common/store/features.h"
#include "common/store/foreign/adopted.h"
#include "common/store/foreign/foreign.h"
#include "common/store/files/jsonfile.h"
#include "common/store/link.h"
#include "common/store/store_struct.h"
#include "common/store/files/smallfile.h"
#include "common/store/layer.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void cleanup_store(struct shale_store **store)
{
	shale_store_close(*store);
}

struct source {
	struct shale_store *engine; /* the engine's directory, opened for reading */
	struct layer top;
	char **ids; /* ids of the top layer and of the layers below it */
};

static void cleanup_source(struct source *source)
{
	layer_close(&source->top);
	cleanup_layer_chain(&source->ids);
	cleanup_store(&source->engine);
}

/* Splits PATH into the engine's directory and the layer's id. */
static int open_engine(
	char *path, struct shale_store **ret, const char **ret_id, struct shale_error *err)
{
	char *slash = strrchr(path, '/');
	struct shale_store_options options = { .size = sizeof(options), .home = path };

	*ret_id = slash + 1;
	*slash = 0;
	auto_close int home = sys(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (home < 0)
		return error_fail(err, home, "open '%s'", path);
	if (smallfile_exists(home, "shale.json") == 0 && foreign_engine(home) > ENGINE_SHALE)
		return shale_store_open(&options, ret, err);
	error_fail_plain(err, -EINVAL, "'%s/%s' is no layer of Docker or podman", path, *ret_id);
	return error_remedy(err, -EINVAL,
		"name one as /var/lib/docker/overlay2/ID or "
		"/var/lib/containers/storage/overlay/ID");
}

static bool is_of_container(const struct shale_store *engine, const char *id)
{
	char init[ID_MAX + sizeof("-init")];
	auto_free char *text = NULL;
	size_t n = strlen(id), i;
	json_t *item;

	if (engine->engine == ENGINE_DOCKER) {
		snprintf(init, sizeof(init), "%s-init", id);
		return (n > 5 && !strcmp(id + n - 5, "-init")) ||
		       smallfile_exists(engine->home, init) != 0;
	}
	/* If the list of containers cannot be read, assume that it has this layer, and refuse it: a
	 * container may be writing to it. */
	ssize_t r = smallfile_read(engine->home, "../overlay-containers/containers.json", &text);
	if (r < 0)
		return r != -ENOENT && r != -ENOTDIR;
	auto_json json_t *list = json_loads(text, 0, NULL);
	json_array_foreach(list, i, item)
	{
		const char *layer = json_string_value(json_object_get(item, "layer"));

		if (layer && !strcmp(layer, id))
			return true;
	}
	return false;
}

static int must_fit(
	const struct shale_store *store, const struct shale_store *engine, struct shale_error *err)
{
	const struct store_config *ours = &store->config, *theirs = &engine->config;

	if (ours->class == theirs->class && ours->ownership == theirs->ownership)
		return 0;
	error_fail_plain(err, -EOPNOTSUPP,
		"'%s' has marks in %s. xattrs and owners kept as '%s', this store %s. and '%s'",
		engine->home_path, xattr_class_name(theirs->class),
		ownership_name(theirs->ownership), xattr_class_name(ours->class),
		ownership_name(ours->ownership));
	return error_remedy(
		err, -EOPNOTSUPP, "save the image with its engine, and import that: shale import");
}

static int open_source(
	const struct shale_store *store, char *path, struct source *ret, struct shale_error *err)
{
	const char *id;
	int r = open_engine(path, &ret->engine, &id, err);

	if (r == 0)
		r = must_fit(store, ret->engine, err);
	if (r == 0)
		r = layer_open(ret->engine, id, &ret->top, err);
	if (r < 0)
		return r;
	if (is_of_container(ret->engine, id)) {
		error_fail_plain(
			err, -EBUSY, "layer '%s' is a container's, and may be written to", id);
		return error_remedy(err, -EBUSY,
			"commit the container with its engine, and name the image's layer");
	}
	return layer_chain(ret->engine, &ret->top, &ret->ids, err);
}

/* ---- in this store ---- */

static int point_to(struct draft *draft, const char *from)
{
	auto_free char *target = NULL;
	int r = sys(unlinkat(draft->dir, "diff", AT_REMOVEDIR));

	if (r < 0)
		return r;
	if (asprintf(&target, "%s/diff", from) < 0)
		return -ENOMEM;
	return sys(symlinkat(target, draft->dir, "diff"));
}

static int describe(struct draft *draft, const struct layer *theirs, const char *from)
{
	static const char *const keys[] = { "created", "diff-id", "size" };
	json_t *record = draft->record;

	json_object_del(record, "size");
	json_object_del(record, "entries");
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		json_t *value = json_object_get(theirs->record, keys[i]);

		if (value)
			json_object_set(record, keys[i], value);
	}
	json_t *dir = json_string(from);
	if (!dir)
		return -EILSEQ;
	int r = json_object_set_new(record, ADOPTED_DIR, dir);
	r |= json_object_set_new(record, ADOPTED_LINK, json_string(theirs->link));
	r |= json_object_set_new(record, "origin", json_string("adopted"));
	return r ? -ENOMEM : features_set_own(record, features_own(theirs));
}

/* One of the engine's layers on its way into the store. */
struct adoption {
	struct layer theirs;
	char *from; /* path of the layer's directory */
	char id[ID_MAX + 1];
	const char *parent; /* the parent's id in this store */
};

static void cleanup_adoption(struct adoption *adoption)
{
	layer_close(&adoption->theirs);
	free(adoption->from);
}

static int make(struct shale_store *store, const struct adoption *adoption, struct shale_error *err)
{
	auto_draft struct draft draft = DRAFT_NONE;
	int r = draft_begin(store, adoption->id, "layer", adoption->parent, &draft, err);

	if (r < 0)
		return r;
	r = point_to(&draft, adoption->from);
	if (r == 0)
		r = describe(&draft, &adoption->theirs, adoption->from);
	if (r < 0)
		return error_fail(err, r, "adopt layer '%s'", adoption->theirs.id);
	return draft_publish(store, &draft, err);
}

/* Tells whether the layer ID was adopted from the same directory before: 1; 0 if there is no layer
 * ID; -EEXIST if ID is another layer. */
static int is_adopted(const struct shale_store *store, const char *id,
	const struct adoption *adoption, struct shale_error *err)
{
	auto_layer struct layer ours = LAYER_NONE;
	int there = layer_is_there(store, id);
	int r = there == 1 ? layer_open(store, id, &ours, err) : there;

	if (r < 0 || there == 0)
		return r;
	if (!strcmp(layer_field(&ours, ADOPTED_DIR), adoption->from) &&
		!strcmp(layer_field(&ours, ADOPTED_LINK), adoption->theirs.link))
		return 1;
	return error_fail_plain(err, -EEXIST,
		"layer '%s' of '%s': this store has another layer '%s'", adoption->theirs.id,
		adoption->from, id);
}

/* Chooses an id for the layer: the engine's id. If another layer here has that id (both stores name
 * the lowest layer of an image by its diff id), the engine's link is appended. Returns 1 if the
 * layer was adopted before. */
static int find_id(
	const struct shale_store *store, struct adoption *adoption, struct shale_error *err)
{
	const struct layer *theirs = &adoption->theirs;
	char other[ID_MAX + 1];
	int room = ID_MAX - 1 - (int)strlen(theirs->link);

	snprintf(other, sizeof(other), "%.*s-%s", room, theirs->id, theirs->link);
	int first = is_adopted(store, theirs->id, adoption, err);
	if (first < 0 && first != -EEXIST)
		return first;
	int second = first == 1 ? 0 : is_adopted(store, other, adoption, err);
	bool use_other = second == 1 || (first == -EEXIST && second == 0);
	snprintf(adoption->id, sizeof(adoption->id), "%s", use_other ? other : theirs->id);
	if (use_other)
		error_clear(err);
	return use_other ? second : second < 0 ? second : first;
}

static int adopt_one(struct shale_store *store, const struct shale_store *engine, const char *id,
	char here[ID_MAX + 1], struct shale_error *err)
{
	struct adoption adoption __attribute__((
		cleanup(cleanup_adoption))) = { .theirs = LAYER_NONE, .parent = here };
	struct shale_error why = { 0 };
	int r = layer_open(engine, id, &adoption.theirs, err);

	if (r < 0)
		return r;
	if (asprintf(&adoption.from, "%s/%s", engine->home_path, id) < 0) {
		adoption.from = NULL;
		return error_fail(err, -ENOMEM, "adopt layer '%s'", id);
	}
	r = find_id(store, &adoption, err);
	if (r == 0)
		r = make(store, &adoption, &why);
	/* Another process may have adopted the same layer just before. */
	if (r == -EEXIST && is_adopted(store, adoption.id, &adoption, NULL) == 1)
		r = 0;
	if (r < 0 && why.code && err)
		*err = why;
	strcpy(here, adoption.id);
	return r;
}

int adopt_layer(struct shale_store *store, const char *path, char ret_id[ID_MAX + 1],
	struct shale_error *err)
{
	struct source source __attribute__((cleanup(cleanup_source))) = { .top = LAYER_NONE };
	auto_free char *real = realpath(path, NULL);
	char id[ID_MAX + 1] = "";
	int r = real ? open_source(store, real, &source, err)
		     : error_fail(err, -errno, "layer '%s'", path);

	if (r < 0)
		return r;
	for (size_t i = source.top.n_lowers + 1; r >= 0 && i-- > 0;)
		r = adopt_one(store, source.engine, source.ids[i], id, err);
	if (r < 0)
		return r;
	strcpy(ret_id, id);
	return 0;
}
