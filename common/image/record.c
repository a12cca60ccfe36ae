/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/record.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"
#include "common/image/image_name.h"
#include "common/image/reference.h"
#include "common/store/id.h"
#include "common/store/files/jsonfile.h"
#include "common/store/files/smallfile.h"
#include "common/store/store.h"
#include "common/store/layer_lock.h"
#include "common/store/replace_file.h"

enum { FORMAT = 1 };

/* The names of all records, sorted. */
struct name_list {
	char **names;
	size_t n;
};

static void cleanup_names(struct name_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->names[i]);
	free(list->names);
}

const char *record_top(const struct record *record)
{
	return record->n_layers ? record->layers[record->n_layers - 1] : "";
}

int record_add_layer(struct record *record, const char *id)
{
	char **layers = realloc(record->layers, (record->n_layers + 1) * sizeof(*layers));

	if (!layers)
		return -ENOMEM;
	record->layers = layers;
	layers[record->n_layers] = strdup(id);
	if (!layers[record->n_layers])
		return -ENOMEM;
	record->n_layers++;
	return 0;
}

void record_free(struct record *record)
{
	for (size_t i = 0; i < record->n_layers; i++)
		free(record->layers[i]);
	free(record->layers);
	free(record->name);
	free(record->config);
	free(record->manifest);
	json_decref(record->annotations);
	json_decref(record->tags);
	*record = (struct record){ 0 };
}

int record_set_manifest(struct record *record, const char *manifest)
{
	char *copy = manifest ? strdup(manifest) : NULL;

	if (manifest && !copy)
		return -ENOMEM;
	free(record->manifest);
	record->manifest = copy;
	return 0;
}

/* Two keys for a document that is kept byte for byte. A JSON string can hold only UTF-8, so other
 * text is kept in hexadecimal, under the second key. */
struct text_keys {
	const char *plain, *hex;
};
static const struct text_keys config_keys = { "config", "config-hex" };
static const struct text_keys manifest_keys = { "manifest", "manifest-hex" };

static int set_text(json_t *object, const struct text_keys *keys, const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	if (!text || value)
		return text ? json_object_set_new(object, keys->plain, value) : 0;
	auto_free char *hex = malloc(2 * strlen(text) + 1);
	if (!hex)
		return -ENOMEM;
	for (size_t i = 0; text[i]; i++)
		sprintf(hex + 2 * i, "%02x", (unsigned char)text[i]);
	return json_object_set_new(object, keys->hex, json_string(hex));
}

static bool has_text(const json_t *object, const struct text_keys *keys)
{
	return json_object_get(object, keys->plain) || json_object_get(object, keys->hex);
}

/* Returns the kept text of a document. The caller frees it; NULL without memory. */
static char *get_text(const json_t *object, const struct text_keys *keys)
{
	const char *plain = document_string(object, keys->plain);
	const char *hex = document_string(object, keys->hex);
	const size_t n = hex ? strlen(hex) / 2 : 0;

	if (plain)
		return strdup(plain);
	char *text = calloc(n + 1, 1);
	for (size_t i = 0; text && i < n; i++)
		if (sscanf(hex + 2 * i, "%2hhx", (unsigned char *)&text[i]) != 1)
			text[i] = '?';
	return text;
}

static json_t *to_json(const struct record *record)
{
	auto_json json_t *layers = json_array();

	for (size_t i = 0; i < record->n_layers; i++)
		if (json_array_append_new(layers, json_string(record->layers[i])) < 0)
			return NULL;
	json_t *object = json_pack("{s:i, s:s, s:s, s:O, s:s, s:I}", "format", FORMAT, "name",
		record->name, "top", record_top(record), "layers", layers, "digest", record->digest,
		"created", (json_int_t)record->created);
	if (object && (set_text(object, &config_keys, record->config) < 0 ||
			      set_text(object, &manifest_keys, record->manifest) < 0)) {
		json_decref(object);
		return NULL;
	}
	if (object && record->annotations)
		json_object_set(object, "annotations", record->annotations);
	if (object && json_array_size(record->tags))
		json_object_set(object, "tags", record->tags);
	return object;
}

/* Writes the record under the lock of its top layer: that layer must not be removed before the
 * image has its name. Layers below it stay as long as it exists. */
static int save_locked(struct shale_store *store, const struct record *record, const char *file,
	struct shale_error *err)
{
	auto_json json_t *object = to_json(record);
	if (!object)
		return error_fail(err, -ENOMEM, "write record");
	if (!record->n_layers)
		return json_replace(store, store_images(store), file, object, err);
	auto_close int lock = layer_lock(store, record_top(record), err);
	if (lock < 0)
		return lock;
	int r = shale_layer_exists(store, record_top(record), err);
	if (r == 0)
		return error_fail_plain(err, -ENOENT, "layer %s has been removed in the meantime",
			record_top(record));
	if (r > 0)
		r = json_replace(store, store_images(store), file, object, err);
	return r;
}

int record_save(struct shale_store *store, const struct record *record, struct shale_error *err)
{
	int r = image_name_check(record->name, err);

	if (r < 0)
		return r;
	auto_free char *file = image_name_encode(record->name);
	r = file ? save_locked(store, record, file, err) : -ENOMEM;
	return r < 0 ? error_fail(err, r, "image '%s'", record->name) : 0;
}

static int read_layers(const json_t *list, struct record *ret)
{
	const size_t n = json_array_size(list);

	if (!json_is_array(list))
		return -EBADMSG;
	for (size_t i = 0; i < n; i++) {
		const char *id = json_string_value(json_array_get(list, i));
		if (!id || !id_is_valid(id))
			return -EBADMSG;
		int r = record_add_layer(ret, id);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads a record. If NAME is not NULL, the record must be that of image NAME. */
static int from_json(const json_t *object, const char *name, struct record *ret)
{
	const json_t *annotations = json_object_get(object, "annotations");
	const char *own_name = document_string(object, "name");
	const char *digest = document_string(object, "digest");

	if (json_integer_value(json_object_get(object, "format")) != FORMAT)
		return -EPROTONOSUPPORT;
	if (!own_name || (name && strcmp(own_name, name) != 0) || !digest_is_valid(digest) ||
		!has_text(object, &config_keys))
		return -EBADMSG;
	strcpy(ret->digest, digest);
	ret->created = json_integer_value(json_object_get(object, "created"));
	ret->name = strdup(own_name);
	ret->config = get_text(object, &config_keys);
	const bool manifest = has_text(object, &manifest_keys);
	ret->manifest = manifest ? get_text(object, &manifest_keys) : NULL;
	if (!ret->name || !ret->config || (manifest && !ret->manifest))
		return -ENOMEM;
	if (json_is_object(annotations))
		ret->annotations = json_incref((json_t *)annotations);
	if (json_is_array(json_object_get(object, "tags")))
		ret->tags = json_incref(json_object_get(object, "tags"));
	return read_layers(json_object_get(object, "layers"), ret);
}

int record_load(
	struct shale_store *store, const char *name, struct record *ret, struct shale_error *err)
{
	auto_free char *file = image_name_encode(name);
	auto_json json_t *object = NULL;

	if (!file)
		return error_fail(err, -ENOMEM, "image '%s'", name);
	int r = store_images(store) < 0 ? -ENOENT
					: json_read(store_images(store), file, &object, err);
	if (r == -ENOENT)
		return error_fail_plain(err, r, "no image '%.600s'", name);
	if (r < 0)
		return error_fail(err, r, "image '%s'", name);
	auto_record struct record record = { 0 };
	r = from_json(object, name, &record);
	if (r == -EPROTONOSUPPORT)
		return error_fail_plain(
			err, r, "image '%s': recorded by a newer version of shale", name);
	if (r < 0)
		return error_fail(err, r, "image '%s': its record images/%s", name, file);
	*ret = record;
	record = (struct record){ 0 };
	return 0;
}

int record_find(
	struct shale_store *store, const char *what, struct record *ret, struct shale_error *err)
{
	auto_free char *latest = NULL;
	int r = record_load(store, what, ret, err);

	if (r != -ENOENT || reference_has_tag(what))
		return r;
	if (asprintf(&latest, "%s:latest", what) < 0)
		return error_fail(err, -ENOMEM, "image '%s'", what);
	r = record_load(store, latest, ret, NULL);
	if (r == 0)
		error_clear(err);
	return r < 0 ? -ENOENT : 0;
}

int record_of_layer(int dir, struct record *ret, struct shale_error *err)
{
	auto_record struct record record = { 0 };
	auto_json json_t *object = NULL;
	int r = json_read(dir, RECORD_OF_LAYER, &object, err);

	if (r < 0)
		return r;
	r = from_json(object, NULL, &record);
	if (r < 0)
		return error_fail(err, r, "%s", RECORD_OF_LAYER);
	*ret = record;
	record = (struct record){ 0 };
	return 0;
}

int record_write_of_layer(int dir, const struct record *record, struct shale_error *err)
{
	auto_json json_t *object = to_json(record);
	auto_free char *text = object ? document_print(object) : NULL;
	int r = text ? smallfile_create(dir, RECORD_OF_LAYER, text, 0644) : -ENOMEM;

	return r < 0 ? error_fail(err, r, "write %s", RECORD_OF_LAYER) : 0;
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct name_list *list, char *name)
{
	if ((list->n & (list->n - 1)) == 0) {
		void *names = realloc(list->names, (list->n ? list->n * 2 : 1) * sizeof(char *));
		if (!names) {
			free(name);
			return -ENOMEM;
		}
		list->names = names;
	}
	list->names[list->n++] = name;
	return 0;
}

/* Returns the image name for FILE, the file of a record. Returns NULL, with errno EINVAL if FILE is
 * no record, or with ENOMEM. */
static char *name_of_file(struct shale_store *store, const char *file)
{
	auto_json json_t *object = NULL;

	if (!image_name_is_long(file))
		return image_name_decode(file);
	errno = EINVAL;
	if (json_read(store_images(store), file, &object, NULL) < 0)
		return NULL;
	const char *name = document_string(object, "name");
	auto_free char *again = name ? image_name_encode(name) : NULL;
	errno = EINVAL;
	return again && !strcmp(again, file) ? strdup(name) : NULL;
}

static int read_names(struct shale_store *store, struct name_list *ret)
{
	if (store_images(store) < 0) /* another engine's directory has no images */
		return 0;
	int fd = sys(openat(store_images(store), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (fd < 0 || !dir)
		return fd < 0 ? fd : -errno;
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		char *name = name_of_file(store, entry->d_name);
		/* the file is no record */
		if (!name && errno == EINVAL)
			continue;
		int r = name ? add_name(ret, name) : -ENOMEM;
		if (r < 0)
			return r;
	}
}

int record_walk(struct shale_store *store, record_fn *fn, void *arg, struct shale_error *err)
{
	__attribute__((cleanup(cleanup_names))) struct name_list list = { 0 };
	int r = read_names(store, &list);

	if (r < 0)
		return error_fail(err, r, "list images");
	if (list.n > 0)
		qsort(list.names, list.n, sizeof(*list.names), by_string);
	for (size_t i = 0; i < list.n; i++) {
		auto_record struct record record = { 0 };
		r = record_load(store, list.names[i], &record, err);
		if (r == -ENOENT) {
			error_clear(err); /* another process has removed the record */
			continue;
		}
		if (r == 0)
			r = fn(&record, arg);
		if (r != 0)
			return r;
	}
	return 0;
}
