/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/layers.h"

#include "common/base/scope.h"
#include "tools/jsontext.h"
#include "tools/shale-docker/driver.h"
#include "tools/shale-docker/failure.h"
#include "tools/shale-docker/request.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}
#define auto_json __attribute__((cleanup(cleanup_json)))

/* ---- create ---- */

/* *RET is "size=N" or NULL. */
static int take_size(const json_t *request, char **ret, struct shale_error *err)
{
	const json_t *options;
	const char *key;
	json_t *value;
	int r = request_object(request, "StorageOpt", &options, err);

	if (r < 0 || !options)
		return r;
	json_object_foreach((json_t *)options, key, value)
	{
		if (strcasecmp(key, "size") != 0)
			return failure(err, -EINVAL, "Unknown option %s", key);
		if (!json_is_string(value))
			return failure(err, REQUEST_MALFORMED, "the size is not a string");
		free(*ret);
		if (asprintf(ret, "size=%s", json_string_value(value)) < 0) {
			*ret = NULL;
			return failure(err, -ENOMEM, "out of memory");
		}
	}
	return 0;
}

int docker_create(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	auto_free char *size = NULL;
	const char *id = request_text(request, "ID", err);
	const char *parent = id ? request_text(request, "Parent", err) : NULL;
	int r = parent ? take_size(request, &size, err) : REQUEST_MALFORMED;

	if (r < 0)
		return r;
	if (size)
		return failure(
			err, -EINVAL, "--storage-opt size is only supported for ReadWrite Layers");
	const struct shale_layer_options options = { .size = sizeof(options), .parent = parent };
	return shale_layer_create(driver->store, id, &options, err);
}

static int default_size(struct driver *driver, char **ret, struct shale_error *err)
{
	auto_free char *size = NULL;
	int r = settings_size(&driver->settings, &size);

	if (r == 0 && size && asprintf(ret, "size=%s", size) < 0)
		r = -ENOMEM;
	return r < 0 ? failure(err, r, "out of memory") : 0;
}

int docker_create_rw(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	auto_free char *size = NULL;
	const char *id = request_text(request, "ID", err);
	const char *parent = id ? request_text(request, "Parent", err) : NULL;
	int r = parent ? take_size(request, &size, err) : REQUEST_MALFORMED;

	if (r == 0 && !size)
		r = default_size(driver, &size, err);
	if (r < 0)
		return r;
	const char *list[] = { size };
	const struct shale_layer_options options = { .size = sizeof(options),
		.parent = parent,
		.options = list,
		.n_options = size != NULL,
		.flags = SHALE_CREATE_RW };
	return shale_layer_create(driver->store, id, &options, err);
}

/* ---- look ---- */

static int keep_pair(const char *key, const char *value, void *arg)
{
	return json_object_set_new(arg, key, jsontext(value));
}

/* What the store knows of a layer; the caller's to json_decref(). NULL: see ERR. */
static json_t *facts_of(struct driver *driver, const char *id, struct shale_error *err)
{
	json_t *facts = json_object();
	int r = shale_layer_metadata(driver->store, id, keep_pair, facts, err);

	if (r >= 0)
		return facts;
	json_decref(facts);
	return NULL;
}

static const char *fact(const json_t *facts, const char *key)
{
	const char *value = json_string_value(json_object_get(facts, key));

	return value ? value : "";
}

int docker_exists(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	const char *id = request_text(request, "ID", err);
	int r = id ? shale_layer_exists(driver->store, id, err) : REQUEST_MALFORMED;

	return r < 0 ? r : json_object_set_new(reply, "Exists", json_boolean(r));
}

/* As overlay2 has them. */
int docker_metadata(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	static const char *const keys[] = { "LowerDir", "UpperDir", "WorkDir", "MergedDir" };
	const char *id = request_text(request, "ID", err);
	auto_json json_t *facts = id ? facts_of(driver, id, err) : NULL;
	json_t *metadata = json_object();

	json_object_set_new(reply, "Metadata", metadata);
	if (!facts)
		return err->code;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (*fact(facts, keys[i]))
			json_object_set(metadata, keys[i], json_object_get(facts, keys[i]));
	return 0;
}

/* ---- mount ---- */

/* Nobody has applied anything to it. */
static bool is_unfilled(const json_t *facts)
{
	return !strcmp(fact(facts, "Kind"), "layer") && !*fact(facts, "DiffId");
}

/*
 * BuildKit in dockerd asks for a layer by Create, mounts it, and writes to it. So what was made to
 * be filled by ApplyDiff, and was not, is made anew to be written to. Of one that others were made
 * on, which is read-only, the removal is refused.
 */
static int make_writable(struct driver *driver, const char *id, struct shale_error *err)
{
	auto_json json_t *facts = facts_of(driver, id, err);

	if (!facts)
		return err->code;
	if (!is_unfilled(facts) || strcmp(fact(facts, "Mounted"), "0") != 0)
		return 0;
	struct shale_error why = { 0 };
	const struct shale_layer_options options = {
		.size = sizeof(options), .parent = fact(facts, "Parent"), .flags = SHALE_CREATE_RW
	};
	int r = shale_layer_remove(driver->store, id, NULL, &why);
	if (r == -EBUSY)
		return 0;
	if (r == 0)
		return shale_layer_create(driver->store, id, &options, err);
	*err = why;
	return r;
}

int docker_get(struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	auto_free char *path = NULL, *uidmap = NULL, *gidmap = NULL;
	const char *id = request_text(request, "ID", err);
	const char *label = id ? request_text(request, "MountLabel", err) : NULL;

	if (!label)
		return REQUEST_MALFORMED;
	if (settings_maps(&driver->settings, &uidmap, &gidmap) < 0)
		return failure(err, -ENOMEM, "out of memory");
	pthread_mutex_lock(&driver->exchange);
	int r = make_writable(driver, id, err);
	pthread_mutex_unlock(&driver->exchange);
	if (r < 0)
		return r;
	const struct shale_mount_options options = {
		.size = sizeof(options), .label = label, .uidmap = uidmap, .gidmap = gidmap
	};
	r = shale_layer_get(driver->store, id, &options, &path, err);
	return r < 0 ? r : json_object_set_new(reply, "Dir", jsontext(path));
}

static const struct shale_put_options lazy = { .size = sizeof(lazy), .flags = SHALE_PUT_LAZY };

/* A mount that is still in use is taken away all the same, and so is overlay2's. */
int docker_put(struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	const char *id = request_text(request, "ID", err);
	struct shale_error why = { 0 };

	if (!id)
		return REQUEST_MALFORMED;
	int r = shale_layer_put(driver->store, id, NULL, &why);
	if (r == -EBUSY)
		return shale_layer_put(driver->store, id, &lazy, err);
	if (r == -ENOENT)
		return 0;
	*err = why;
	return r;
}

/* A dockerd that was killed puts no more what it had. */
static int end_mounts(struct driver *driver, const char *id, struct shale_error *err)
{
	auto_json json_t *facts = facts_of(driver, id, err);
	long users = facts ? atol(fact(facts, "Mounted")) : 0;
	int r = facts ? 0 : err->code;

	for (; r == 0 && users > 0; users--)
		r = shale_layer_put(driver->store, id, &lazy, err);
	return r;
}

int docker_remove(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	const char *id = request_text(request, "ID", err);
	struct shale_error why = { 0 };

	if (!id)
		return REQUEST_MALFORMED;
	if (!*id)
		return failure(err, -EINVAL, "refusing to remove the directories: id is empty");
	int r = shale_layer_remove(driver->store, id, NULL, &why);
	if (r == -EBUSY) {
		why = (struct shale_error){ 0 };
		r = end_mounts(driver, id, &why);
		if (r == 0)
			r = shale_layer_remove(driver->store, id, NULL, &why);
	}
	if (r == -ENOENT)
		return 0;
	*err = why;
	return r;
}
