/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/image_config.h"

#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"
#include "common/image/platform.h"

int config_diff_ids(
	const json_t *config, char (**ret)[DIGEST_SIZE], size_t *ret_n, struct shale_error *err)
{
	const json_t *list = document_get(document_get(config, "rootfs"), "diff_ids");
	const size_t n = json_array_size(list);

	if (!json_is_object(config) || (list && !json_is_array(list) && !json_is_null(list)))
		return error_fail_plain(err, -EBADMSG, "not an image config");
	auto_free char(*ids)[DIGEST_SIZE] = calloc(n + 1, sizeof(*ids));
	if (!ids)
		return error_fail(err, -ENOMEM, "read config");
	for (size_t i = 0; i < n; i++) {
		const char *id = document_text(json_array_get(list, i));
		if (!id || !digest_is_valid(id))
			return error_fail_plain(
				err, -EBADMSG, "diff_id '%.100s' is not a digest", id ? id : "?");
		strcpy(ids[i], id);
	}
	*ret = steal_ptr(&ids);
	*ret_n = n;
	return 0;
}

int config_chain_id(const char *parent, const char *diff_id, char ret[DIGEST_SIZE])
{
	char chain[DIGEST_SIZE], both[2 * DIGEST_SIZE + 8];

	if (parent) {
		const char *algorithm = strlen(parent) > 64 ? "sha512" : "sha256";
		snprintf(both, sizeof(both), "%s:%s %s", algorithm, parent, diff_id);
		int r = digest_of(both, strlen(both), chain);
		if (r < 0)
			return r;
		diff_id = chain;
	}
	memmove(ret, digest_hex(diff_id), strlen(digest_hex(diff_id)) + 1);
	return 0;
}

static void print_time(time_t when, char ret[40])
{
	struct tm tm;

	strftime(ret, 40, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&when, &tm));
}

json_t *config_new(time_t created, const struct platform *platform)
{
	const struct platform host = platform ? *platform : platform_host();
	char when[40];

	print_time(created, when);
	json_t *config = json_pack("{s:s, s:s, s:s, s:{}, s:{s:s, s:[]}, s:[]}", "created", when,
		"architecture", host.architecture, "os", host.os, "config", "rootfs", "type",
		"layers", "diff_ids", "history");
	if (config && *host.variant)
		json_object_set_new(config, "variant", json_string(host.variant));
	return config;
}

json_t *config_need(json_t *object, const char *key, json_type type)
{
	json_t *value = document_get(object, key);

	if (value && json_typeof(value) == type)
		return value;
	value = type == JSON_ARRAY ? json_array() : json_object();
	return json_object_set_new(object, key, value) < 0 ? NULL : value;
}

int config_add_layer(json_t *config, const char *diff_id)
{
	json_t *rootfs = config_need(config, "rootfs", JSON_OBJECT);
	json_t *diff_ids = rootfs ? config_need(rootfs, "diff_ids", JSON_ARRAY) : NULL;

	if (!diff_ids)
		return -ENOMEM;
	if (!document_get(rootfs, "type"))
		json_object_set_new(rootfs, "type", json_string("layers"));
	return json_array_append_new(diff_ids, json_string(diff_id)) < 0 ? -ENOMEM : 0;
}

int config_add_history(json_t *config, const struct history_entry *entry)
{
	json_t *history = config_need(config, "history", JSON_ARRAY);
	char when[40];

	print_time(entry->created, when);
	json_t *value = json_pack("{s:s, s:s, s:s*, s:s*}", "created", when, "created_by",
		entry->created_by, "author", entry->author, "comment", entry->comment);
	if (value && entry->empty_layer)
		json_object_set_new(value, "empty_layer", json_true());
	if (!history || json_array_append_new(history, value) < 0)
		return -ENOMEM;
	if (entry->author && json_object_set_new(config, "author", json_string(entry->author)) < 0)
		return -ENOMEM;
	return 0;
}

int config_set_diff_ids(json_t *config, const char (*diff_ids)[DIGEST_SIZE], size_t n)
{
	json_t *list = document_get(document_get(config, "rootfs"), "diff_ids");

	for (size_t i = 0; i < n; i++)
		if (json_array_set_new(list, i, json_string(diff_ids[i])) < 0)
			return -ENOMEM;
	return 0;
}

static size_t layers_in_history(const json_t *history)
{
	const json_t *entry;
	size_t i, n = 0;

	json_array_foreach(history, i, entry) if (!json_is_true(document_get(entry, "empty_layer")))
		n++;
	return n;
}

int config_mend_history(json_t *config)
{
	const json_t *diff_ids = document_get(document_get(config, "rootfs"), "diff_ids");
	json_t *history = config_need(config, "history", JSON_ARRAY);

	if (!history)
		return -ENOMEM;
	size_t told = layers_in_history(history);
	/* The history lists more layers than the image has, and which entry is wrong is not known:
	 * drop the whole history. */
	if (told > json_array_size(diff_ids)) {
		json_array_clear(history);
		told = 0;
	}
	for (; told < json_array_size(diff_ids); told++)
		if (json_array_append_new(history, json_object()) < 0)
			return -ENOMEM;
	return 0;
}

/* Parses the time zone after the seconds, "Z" or "+01:30". Returns it in minutes; 0 if there is
 * none. */
static int zone_minutes(const char *text)
{
	int hours, minutes;

	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if ((*text != '+' && *text != '-') || sscanf(text + 1, "%2d:%2d", &hours, &minutes) != 2)
		return 0;
	return (*text == '-' ? -1 : 1) * (hours * 60 + minutes);
}

int64_t config_created(const json_t *config, int64_t fallback)
{
	const char *text = document_string(config, "created");
	struct tm tm = { 0 };
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	return rest ? timegm(&tm) - zone_minutes(rest) * 60 : fallback;
}

int config_set_created(json_t *config, time_t created)
{
	char when[40];

	print_time(created, when);
	return json_object_set_new(config, "created", json_string(when)) < 0 ? -ENOMEM : 0;
}

time_t config_now(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end;

	if (!epoch || !*epoch)
		return time(NULL);
	long long seconds = strtoll(epoch, &end, 10);
	/* Refuse times after the year 9999: RFC 3339 has years of four digits. */
	return *end || seconds < 0 || seconds > 253402300799 ? time(NULL) : (time_t)seconds;
}
