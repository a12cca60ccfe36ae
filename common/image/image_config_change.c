/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/image_config_change.h"

#include <string.h>
#include <strings.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/image_config.h"
#include "common/image/document.h"

/* Changes one key of CONTAINER, which is the object "config" in the image config. */
typedef int set_fn(json_t *container, const char *key, const char *value, struct shale_error *err);

struct key {
	const char *name;
	set_fn *set;
};

static int no_memory(struct shale_error *err)
{
	return error_fail(err, -ENOMEM, "change config");
}

static int set_string(
	json_t *container, const char *key, const char *value, struct shale_error *err)
{
	return json_object_set_new(container, key, json_string(value)) < 0 ? no_memory(err) : 0;
}

static int set_member(
	json_t *container, const char *key, const char *value, struct shale_error *err)
{
	json_t *set = config_need(container, key, JSON_OBJECT);

	return !set || json_object_set_new(set, value, json_object()) < 0 ? no_memory(err) : 0;
}

/* VALUE has the form NAME=VALUE: returns the length of NAME. */
static ssize_t name_length(const char *key, const char *value, struct shale_error *err)
{
	const char *equals = strchr(value, '=');

	if (!equals || equals == value) {
		error_fail_plain(err, -EINVAL, "%s='%s' is not NAME=VALUE", key, value);
		return error_remedy(err, -EINVAL, "write it like %s=NAME=VALUE", key);
	}
	return equals - value;
}

static int set_label(json_t *container, const char *key, const char *value, struct shale_error *err)
{
	ssize_t length = name_length(key, value, err);

	if (length < 0)
		return (int)length;
	auto_free char *name = strndup(value, (size_t)length);
	json_t *labels = config_need(container, key, JSON_OBJECT);
	if (!name || !labels ||
		json_object_set_new(labels, name, json_string(value + length + 1)) < 0)
		return no_memory(err);
	return 0;
}

static int set_variable(
	json_t *container, const char *key, const char *value, struct shale_error *err)
{
	ssize_t length = name_length(key, value, err);
	json_t *list = length < 0 ? NULL : config_need(container, key, JSON_ARRAY);

	if (length < 0)
		return (int)length;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *old = json_string_value(json_array_get(list, i));
		if (old && !strncmp(old, value, (size_t)length + 1))
			return json_array_set_new(list, i, json_string(value)) < 0 ? no_memory(err)
										   : 0;
	}
	return !list || json_array_append_new(list, json_string(value)) < 0 ? no_memory(err) : 0;
}

static bool is_list_of_strings(const json_t *value)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, item) if (!json_is_string(item)) return false;
	return true;
}

static int set_command(
	json_t *container, const char *key, const char *value, struct shale_error *err)
{
	auto_json json_t *command = NULL;

	if (*value == '[') {
		int r = document_parse(value, strlen(value), &command, err);
		if (r < 0)
			return error_fail(err, -EINVAL, "%s='%s'", key, value);
		if (!is_list_of_strings(command))
			return error_fail_plain(
				err, -EINVAL, "%s='%s' is not a list of strings", key, value);
	} else {
		command = json_pack("[s, s, s]", "/bin/sh", "-c", value);
	}
	if (!command || json_object_set(container, key, command) < 0)
		return no_memory(err);
	return 0;
}

static int set_entrypoint(
	json_t *container, const char *key, const char *value, struct shale_error *err)
{
	int r = set_command(container, key, value, err);

	if (r == 0)
		json_object_del(container, "Cmd");
	return r;
}

static const struct key keys[] = { { "Cmd", set_command }, { "Entrypoint", set_entrypoint },
	{ "Env", set_variable }, { "ExposedPorts", set_member }, { "Labels", set_label },
	{ "StopSignal", set_string }, { "User", set_string }, { "Volumes", set_member },
	{ "WorkingDir", set_string } };

static const struct key *find_key(const char *change, size_t length)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strlen(keys[i].name) == length && !strncasecmp(keys[i].name, change, length))
			return &keys[i];
	return NULL;
}

static int apply(json_t *config, const char *change, struct shale_error *err)
{
	const size_t length = strcspn(change, "=");
	const struct key *key = change[length] ? find_key(change, length) : NULL;

	if (!key) {
		error_fail_plain(err, -EINVAL, "config '%s': no such key", change);
		return error_remedy(err, -EINVAL,
			"KEY=VALUE, where KEY is one of Cmd, Entrypoint, Env, ExposedPorts, "
			"Labels, "
			"StopSignal, User, Volumes, WorkingDir");
	}
	auto_json json_t *text = json_string(change);
	if (!text)
		return error_fail_plain(err, -EINVAL, "config '%s' is not UTF-8", key->name);
	json_t *container = config_need(config, "config", JSON_OBJECT);
	if (!container)
		return no_memory(err);
	if (change[length + 1])
		return key->set(container, key->name, change + length + 1, err);
	json_object_del(container, key->name);
	return 0;
}

static bool is_entrypoint(const char *change)
{
	return !strncasecmp(change, "Entrypoint=", strlen("Entrypoint="));
}

int config_change(json_t *config, const char *const *changes, size_t n, struct shale_error *err)
{
	int r = 0;

	/* Change Entrypoint before Cmd: the change of Entrypoint deletes Cmd. */
	for (size_t i = 0; i < n && r == 0; i++)
		if (is_entrypoint(changes[i]))
			r = apply(config, changes[i], err);
	for (size_t i = 0; i < n && r == 0; i++)
		if (!is_entrypoint(changes[i]))
			r = apply(config, changes[i], err);
	return r;
}
