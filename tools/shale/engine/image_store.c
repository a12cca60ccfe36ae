/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/image_store.h"

#include "common/base/scope.h"
#include "tools/shale/engine/linked_dir.h"
#include "tools/shale/output.h"
#include "tools/shale/time_text.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define HOLD     "podman"
#define OVERLAY  "overlay"
#define LAYERS   "overlay-layers"
#define IMAGES   "overlay-images"
#define OCI_TYPE "application/vnd.oci.image."

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}
#define auto_json __attribute__((cleanup(cleanup_json)))

struct image_store {
	struct cli *cli;
	int fd; /* descriptor of the directory */
	char *home;
	json_t *layers; /* layers by id: {parent, link, diff-digest, bytes, created} */
	json_t *images; /* images by their id (the digits of the config's digest), as they go into
			   images.json */
	json_t *tops;   /* ids of the topmost layers of images */
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* ---- layers ---- */

static int keep_home(const char *key, const char *value, void *arg)
{
	struct image_store *store = arg;

	if (strcmp(key, "Home") != 0)
		return 0;
	store->home = strdup(value);
	return store->home ? 1 : -ENOMEM;
}

static int keep_link(const char *key, const char *value, void *arg)
{
	return strcmp(key, "Link") != 0 ? 0 : json_object_set_new(arg, "link", json_string(value));
}

/* Collects a layer. A layer without a digest belongs to no image. */
static int collect_layer(const struct shale_layer_info *info, void *arg)
{
	struct image_store *store = arg;
	char created[TIME_TEXT_SIZE];

	if (strcmp(info->kind, "layer") != 0 || !*info->diff_id)
		return 0;
	time_text_format(info->created, created);
	return json_object_set_new(store->layers, info->id,
		json_pack("{s:s, s:s, s:I, s:s}", "parent", info->parent, "digest", info->diff_id,
			"bytes", (json_int_t)info->bytes, "created", created));
}

/* Returns the content of the layer's file "lower": "l/A:l/B", nearest parent first; "": no
 * parent. */
static char *lowers_of(const struct image_store *store, const json_t *layer)
{
	char *text = strdup("");

	for (;;) {
		char *longer = NULL;

		layer = json_object_get(store->layers, text_of(layer, "parent"));
		if (!layer || !text)
			return text;
		if (asprintf(&longer, "%s%sl/%s", text, *text ? ":" : "", text_of(layer, "link")) <
			0)
			longer = NULL;
		free(text);
		text = longer;
	}
}

/* Writes the layer's file "lower". containers/storage gives a layer without a parent an empty
 * directory in its place. */
static int write_lowers(
	struct image_store *store, int layer_fd, const json_t *layer, struct shale_error *err)
{
	auto_free char *lowers = lowers_of(store, layer);

	if (!lowers)
		return cli_fail(err, -ENOMEM, "write a layer");
	return *lowers ? linked_dir_write(layer_fd, "lower", lowers, err)
		       : linked_dir_make(layer_fd, "empty", err);
}

static int write_layer(struct image_store *store, int overlay, const char *id, const json_t *layer)
{
	struct shale_error *err = &store->cli->err;
	auto_free char *files = NULL, *link = NULL, *target = NULL;
	int r = linked_dir_make(overlay, id, err);

	if (r < 0)
		return r;
	auto_close int fd = sys(openat(overlay, id, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return cli_fail(err, fd, "open directory '%.200s'", id);
	if (asprintf(&files, "%s/%s/diff", store->home, id) < 0 ||
		asprintf(&link, "l/%s", text_of(layer, "link")) < 0 ||
		asprintf(&target, "../%s/diff", id) < 0)
		return cli_fail(err, -ENOMEM, "write a layer");
	r = linked_dir_link(fd, "diff", files, err);
	if (r == 0)
		r = linked_dir_write(fd, "link", text_of(layer, "link"), err);
	if (r == 0)
		r = write_lowers(store, fd, layer, err);
	return r < 0 ? r : linked_dir_link(overlay, link, target, err);
}

static json_t *record_of(const char *id, const json_t *layer)
{
	json_t *record = json_pack("{s:s, s:s, s:s, s:O}", "id", id, "created",
		text_of(layer, "created"), "diff-digest", text_of(layer, "digest"), "diff-size",
		json_object_get(layer, "bytes"));

	if (*text_of(layer, "parent"))
		json_object_set(record, "parent", json_object_get(layer, "parent"));
	return record;
}

static int write_layers(struct image_store *store)
{
	struct shale_error *err = &store->cli->err;
	auto_json json_t *records = json_array();
	auto_close int overlay = sys(openat(store->fd, OVERLAY, O_PATH | O_CLOEXEC));
	const char *id;
	json_t *layer;
	int r = linked_dir_make(overlay, "l", err);

	json_object_foreach(store->layers, id, layer)
	{
		if (r == 0)
			r = write_layer(store, overlay, id, layer);
		json_array_append_new(records, record_of(id, layer));
	}
	return r < 0 ? r : linked_dir_write_json(store->fd, LAYERS "/layers.json", records, err);
}

/* ---- images ---- */

/* Returns the full name of an image (with host and tag): podman looks only for full names. */
static json_t *full_name(const char *name)
{
	const char *slash = strchr(name, '/'), *last = strrchr(name, '/');
	const size_t host = slash ? (size_t)(slash - name) : 0;
	const bool full = slash && (memchr(name, '.', host) || memchr(name, ':', host) ||
					   !strncmp(name, "localhost/", host + 1));
	const bool tagged = strchr(last ? last : name, ':');

	return json_sprintf("%s%s%s", full ? "" : "localhost/", name, tagged ? "" : ":latest");
}

static int collect_image(const struct shale_image_info *image, void *arg)
{
	struct image_store *store = arg;
	const char *colon = strchr(image->digest, ':');
	const char *id = colon ? colon + 1 : image->digest;
	json_t *known = json_object_get(store->images, id);
	char created[TIME_TEXT_SIZE];

	/* In containers/storage the id of an image is the sha256 of its config: leave out an image
	 * with another digest. */
	if (strncmp(image->digest, "sha256:", 7) != 0 ||
		!json_object_get(store->layers, image->top))
		return 0;
	if (known)
		return json_array_append_new(
			json_object_get(known, "names"), full_name(image->name));
	time_text_format(image->created, created);
	json_object_set_new(store->tops, image->top, json_true());
	return json_object_set_new(store->images, id,
		json_pack("{s:s, s:[o], s:s, s:s, s:[s, s], s:{}, s:s, s:s}", "id", id, "names",
			full_name(image->name), "layer", image->top, "metadata", "{}",
			"big-data-names", "manifest", image->digest, "big-data-sizes", "created",
			created, "shale-name", image->name));
}

/* Makes the array "layers" of a manifest. Each diff id in CONFIG becomes an uncompressed blob of
 * unknown size. */
static json_t *layers_of(const char *config)
{
	json_error_t why;
	auto_json json_t *parsed = json_loads(config, 0, &why);
	const json_t *ids = json_object_get(json_object_get(parsed, "rootfs"), "diff_ids");
	json_t *layers = json_array(), *id;
	size_t i;

	json_array_foreach(ids, i, id)
	{
		json_array_append_new(
			layers, json_pack("{s:s, s:O, s:i}", "mediaType", OCI_TYPE "layer.v1.tar",
					"digest", id, "size", 0));
	}
	return layers;
}

/* Returns the file name under which containers/storage keeps the value of KEY. A KEY with more than
 * letters and digits is encoded. */
static void file_name(const char *key, char *ret)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	const size_t length = strlen(key);

	*ret++ = '=';
	for (size_t i = 0; i < length; i += 3) {
		unsigned int bits = 0;

		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (i + j < length ? (unsigned char)key[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			*ret++ = i + j > length ? '=' : digits[bits >> (18 - 6 * j) & 63];
	}
	*ret = '\0';
}

static int write_image(struct image_store *store, int images, const char *id, json_t *image)
{
	struct shale_error *err = &store->cli->err;
	auto_free char *config = NULL;
	char digest[80], name[128];
	int r = linked_dir_make(images, id, err);

	if (r == 0)
		r = shale_image_config(
			store->cli->store, text_of(image, "shale-name"), &config, err);
	if (r < 0)
		return r;
	json_object_del(image, "shale-name");
	auto_close int fd = sys(openat(images, id, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return cli_fail(err, fd, "open directory '%.200s'", id);
	snprintf(digest, sizeof(digest), "sha256:%.64s", id);
	file_name(digest, name);
	auto_json json_t *manifest = json_pack("{s:i, s:s, s:{s:s, s:s, s:I}, s:o}",
		"schemaVersion", 2, "mediaType", OCI_TYPE "manifest.v1+json", "config", "mediaType",
		OCI_TYPE "config.v1+json", "digest", digest, "size", (json_int_t)strlen(config),
		"layers", layers_of(config));
	r = linked_dir_write(fd, name, config, err);
	return r < 0 ? r : linked_dir_write_json(fd, "manifest", manifest, err);
}

static int write_images(struct image_store *store)
{
	auto_json json_t *records = json_array();
	auto_close int images = sys(openat(store->fd, IMAGES, O_PATH | O_CLOEXEC));
	const char *id;
	json_t *image;
	int r = 0;

	json_object_foreach(store->images, id, image)
	{
		if (r == 0)
			r = write_image(store, images, id, image);
		json_array_append(records, image);
	}
	return r < 0 ? r
		     : linked_dir_write_json(
			       store->fd, IMAGES "/images.json", records, &store->cli->err);
}

/* ---- holds ---- */

static int collect_hold(const struct shale_hold *hold, void *arg)
{
	return strcmp(hold->name, HOLD) != 0
		       ? 0
		       : json_object_set_new(arg, hold->layer, json_string(hold->data));
}

static int hold_layers(struct image_store *store, const char *dir)
{
	const char *id;
	json_t *top;
	int r = 0;

	json_object_foreach(store->tops, id, top)
	{
		if (r == 0)
			r = shale_layer_hold(store->cli->store, id, HOLD, dir, &store->cli->err);
	}
	return r;
}

/* Releases the layers that the directory has held before and does not contain any more. */
static int release_layers(struct image_store *store, const char *dir)
{
	auto_json json_t *holds = json_object();
	const char *id;
	json_t *data;
	int r = shale_layer_list_holds(store->cli->store, collect_hold, holds, &store->cli->err);

	json_object_foreach(holds, id, data)
	{
		if (r >= 0 && !json_object_get(store->tops, id) &&
			!strcmp(json_string_value(data), dir))
			r = shale_layer_hold(store->cli->store, id, HOLD, NULL, &store->cli->err);
	}
	return r;
}

/* ---- all of it ---- */

static int open_dir(struct image_store *store, const char *dir)
{
	static const char *const dirs[] = { OVERLAY, LAYERS, IMAGES };
	static const char *const locks[] = { "storage.lock", LAYERS "/layers.lock",
		IMAGES "/images.lock" };
	struct shale_error *err = &store->cli->err;
	int r = linked_dir_make(AT_FDCWD, dir, err);

	if (r < 0)
		return r;
	store->fd = sys(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (store->fd < 0)
		return cli_fail(err, store->fd, "open directory '%.200s'", dir);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs) && r == 0; i++)
		r = linked_dir_make(store->fd, dirs[i], err);
	for (size_t i = 0; i < sizeof(locks) / sizeof(*locks) && r == 0; i++) {
		int fd = sys(openat(store->fd, locks[i], O_RDONLY | O_CREAT | O_CLOEXEC, 0644));

		if (fd < 0)
			r = cli_fail(err, fd, "make '%.200s'", locks[i]);
		else
			close(fd);
	}
	return r;
}

static int collect(struct image_store *store)
{
	struct cli *cli = store->cli;
	const char *id;
	json_t *layer;
	int r = shale_store_status(cli->store, keep_home, store, &cli->err);

	if (r >= 0)
		r = shale_layer_list(cli->store, collect_layer, store, &cli->err);
	json_object_foreach(store->layers, id, layer)
	{
		if (r >= 0)
			r = shale_layer_metadata(cli->store, id, keep_link, layer, &cli->err);
	}
	return r < 0 ? r : shale_image_list(cli->store, collect_image, store, &cli->err);
}

/* Writes the directory. Holds its layers before podman can see them, and releases old ones after
 * podman cannot see them any more. */
static int write_all(struct image_store *store, const char *dir)
{
	struct shale_error *err = &store->cli->err;
	int r = open_dir(store, dir);

	if (r == 0)
		r = collect(store);
	if (r >= 0)
		r = hold_layers(store, dir);
	if (r >= 0)
		r = write_layers(store);
	if (r >= 0)
		r = write_images(store);
	if (r >= 0)
		r = linked_dir_prune(store->fd, IMAGES, store->images, err);
	if (r >= 0)
		r = linked_dir_prune(store->fd, OVERLAY, store->layers, err);
	return r < 0 ? r : release_layers(store, dir);
}

int image_store_write(struct cli *cli, const char *dir, size_t *ret_images)
{
	struct image_store store = { .cli = cli, .fd = -1 };

	if (!cli_open(cli))
		return cli->err.code;
	if (*dir != '/')
		return cli_fail(&cli->err, -EINVAL, "'%.200s' is no absolute path", dir);
	store.layers = json_object();
	store.images = json_object();
	store.tops = json_object();
	int r = write_all(&store, dir);
	*ret_images = json_object_size(store.images);
	json_decref(store.layers);
	json_decref(store.images);
	json_decref(store.tops);
	free(store.home);
	if (store.fd >= 0)
		close(store.fd);
	return r < 0 ? r : 0;
}
