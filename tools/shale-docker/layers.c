/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/layers.h"

#include "common/base/scope.h"
#include "tools/jsontext.h"
#include "tools/shale-docker/graphdriver.h"
#include "tools/service/failure.h"
#include "tools/shale-docker/place.h"
#include "tools/shale-docker/request.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}
#define auto_json __attribute__((cleanup(cleanup_json)))

/* ---- create ---- */

/* Reads the size limit from a request. *RET is "size=N"; NULL if the request has none. */
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
	int r = settings_size(&driver->settings, &size, err);

	if (r < 0 || !size)
		return r;
	return asprintf(ret, "size=%s", size) < 0 ? failure(err, -ENOMEM, "out of memory") : 0;
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

/* ---- Exists, GetMetadata ---- */

static int keep_pair(const char *key, const char *value, void *arg)
{
	return json_object_set_new(arg, key, jsontext(value));
}

/* Returns the store's metadata of a layer as a JSON object, which the caller releases; NULL, with
 * words in ERR, on failure. */
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

/* Answers GetMetadata. The keys are those of overlay2. */
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

/* Tells whether the layer was never filled by ApplyDiff. */
static bool is_unfilled(const json_t *facts)
{
	return !strcmp(fact(facts, "Kind"), "layer") && !*fact(facts, "DiffId");
}

/* Removes an empty layer that Create has made, and makes it again as a writable one. dockerd fills
 * most layers by ApplyDiff, but BuildKit mounts a new layer and writes to it. A layer with children
 * is not removed, and stays read-only. */
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

static const struct shale_put_options lazy = { .size = sizeof(lazy), .flags = SHALE_PUT_LAZY };

static int get(struct driver *driver, const char *id, const char *label,
	const struct mapping *mapping, char **ret_path, struct shale_error *err)
{
	const struct shale_mount_options options = { .size = sizeof(options),
		.label = label,
		.uidmap = mapping->uidmap,
		.gidmap = mapping->gidmap };
	int r = make_writable(driver, id, err);

	if (r == 0)
		r = shale_layer_get(driver->store, id, &options, ret_path, err);
	if (r < 0 || !mapping->home)
		return r;
	free(steal_ptr(ret_path));
	r = place_show(driver->store, id, mapping, &options, ret_path, err);
	if (r < 0)
		(void)shale_layer_put(driver->store, id, &lazy, NULL);
	return r;
}

int docker_get(struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	auto_mapping struct mapping mapping = { 0 };
	auto_free char *path = NULL;
	const char *id = request_text(request, "ID", err);
	const char *label = id ? request_text(request, "MountLabel", err) : NULL;
	int r = label ? settings_mapping(&driver->settings, &mapping, err) : REQUEST_MALFORMED;

	if (r < 0)
		return r;
	pthread_mutex_t *lock = driver_lock_of(driver, id);
	pthread_mutex_lock(lock);
	r = get(driver, id, label, &mapping, &path, err);
	pthread_mutex_unlock(lock);
	return r < 0 ? r : json_object_set_new(reply, "Dir", jsontext(path));
}

/* Returns the number of users of a layer's mount. The mount at its place (place.h) is one of
 * them. */
static int users_of(struct driver *driver, const char *id, struct shale_error *err)
{
	struct shale_error why = { 0 };
	auto_json json_t *facts = facts_of(driver, id, &why);

	if (facts)
		return atoi(fact(facts, "Mounted"));
	if (err)
		*err = why;
	return why.code;
}

/* Ends one use of a layer's mount. If processes still use the mount, detaches it, as overlay2
 * does. */
static int put(struct driver *driver, const char *id, const struct mapping *mapping,
	struct shale_error *err)
{
	int r = mapping->home ? users_of(driver, id, err) : 0;

	if (mapping->home && r >= 0 && r <= 2)
		r = place_hide(driver->store, id, mapping, err);
	if (r < 0)
		return r;
	r = shale_layer_put(driver->store, id, NULL, err);
	if (r != -EBUSY)
		return r;
	*err = (struct shale_error){ 0 };
	return shale_layer_put(driver->store, id, &lazy, err);
}

int docker_put(struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	auto_mapping struct mapping mapping = { 0 };
	const char *id = request_text(request, "ID", err);
	int r = id ? settings_mapping(&driver->settings, &mapping, err) : REQUEST_MALFORMED;

	if (r < 0)
		return r;
	pthread_mutex_t *lock = driver_lock_of(driver, id);
	pthread_mutex_lock(lock);
	r = put(driver, id, &mapping, err);
	pthread_mutex_unlock(lock);
	return r == -ENOENT ? 0 : r;
}

/* ---- remove ---- */

/* Ends the uses of the layer's mount that a killed dockerd has left. */
static int end_mounts(struct driver *driver, const char *id, struct shale_error *err)
{
	auto_mapping struct mapping mapping = { 0 };
	int r = settings_mapping(&driver->settings, &mapping, err);

	if (r == 0 && mapping.home)
		r = place_hide(driver->store, id, &mapping, err);
	int users = r < 0 ? r : users_of(driver, id, err);
	for (r = users < 0 ? users : 0; r == 0 && users > 0; users--)
		r = shale_layer_put(driver->store, id, &lazy, err);
	return r;
}

/* Tells whether a process that uses the layer's detached mount may be about to end, so that the
 * layer is free soon. */
static bool is_about_to_be_free(struct driver *driver, const char *id)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	struct shale_error err = { 0 };
	auto_json json_t *facts = facts_of(driver, id, &err);

	return facts && !strcmp(fact(facts, "MountState"), "detached") &&
	       nanosleep(&pause, NULL) == 0;
}

static int remove_once(struct driver *driver, const char *id, struct shale_error *err)
{
	*err = (struct shale_error){ 0 };
	int r = shale_layer_remove(driver->store, id, NULL, err);

	if (r != -EBUSY || users_of(driver, id, NULL) <= 0)
		return r;
	*err = (struct shale_error){ 0 };
	r = end_mounts(driver, id, err);
	return r < 0 ? r : shale_layer_remove(driver->store, id, NULL, err);
}

int docker_remove(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	enum { MOST_TRIES = 20 };
	const char *id = request_text(request, "ID", err);

	if (!id)
		return REQUEST_MALFORMED;
	if (!*id)
		return failure(err, -EINVAL, "refusing to remove the directories: id is empty");
	int r = remove_once(driver, id, err);
	for (int i = 0; r == -EBUSY && i < MOST_TRIES && is_about_to_be_free(driver, id); i++)
		r = remove_once(driver, id, err);
	return r == -ENOENT ? 0 : r;
}
