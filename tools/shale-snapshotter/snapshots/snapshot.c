/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/snapshots/snapshot.h"

#include "common/base/scope.h"

#include <jansson.h>
#include <string.h>

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}
#define auto_json __attribute__((cleanup(cleanup_json)))

const char *snapshot_kind_name(enum snapshot_kind kind)
{
	return kind == SNAPSHOT_VIEW ? "view" : kind == SNAPSHOT_ACTIVE ? "active" : "committed";
}

/* ---- labels ---- */

static struct label *find_label(const struct labels *labels, const char *key)
{
	for (size_t i = 0; i < labels->n; i++)
		if (!strcmp(labels->list[i].key, key))
			return &labels->list[i];
	return NULL;
}

const char *labels_get(const struct labels *labels, const char *key)
{
	const struct label *label = find_label(labels, key);

	return label ? label->value : NULL;
}

static void remove_label(struct labels *labels, struct label *label)
{
	if (!label)
		return;
	free(label->key);
	free(label->value);
	*label = labels->list[--labels->n];
}

int labels_set(struct labels *labels, const char *key, const char *value)
{
	struct label *label = find_label(labels, key);

	if (!value || !*value) {
		remove_label(labels, label);
		return 0;
	}
	auto_free char *copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	if (label) {
		free(label->value);
		label->value = steal_ptr(&copy);
		return 0;
	}
	auto_free char *name = strdup(key);
	label = name ? reallocarray(labels->list, labels->n + 1, sizeof(*label)) : NULL;
	if (!label)
		return -ENOMEM;
	labels->list = label;
	label[labels->n++] = (struct label){ steal_ptr(&name), steal_ptr(&copy) };
	return 0;
}

void labels_free(struct labels *labels)
{
	for (size_t i = 0; i < labels->n; i++) {
		free(labels->list[i].key);
		free(labels->list[i].value);
	}
	free(labels->list);
	*labels = (struct labels){ 0 };
}

/* ---- the snapshot ---- */

struct snapshot *snapshot_new(const char *key, enum snapshot_kind kind)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return NULL;
	snapshot->key = strdup(key);
	snapshot->kind = kind;
	snapshot->bytes = snapshot->inodes = -1;
	clock_gettime(CLOCK_REALTIME, &snapshot->created);
	snapshot->updated = snapshot->created;
	if (snapshot->key)
		return snapshot;
	snapshot_free(snapshot);
	return NULL;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->key);
	labels_free(&snapshot->labels);
	free(snapshot->hold);
	free(snapshot->layer);
	free(snapshot->link);
	free(snapshot->mounted);
	free(snapshot);
}

/* ---- the text in the hold ---- */

static json_t *time_json(const struct timespec *time)
{
	return json_pack("[I, I]", (json_int_t)time->tv_sec, (json_int_t)time->tv_nsec);
}

static int read_time(json_t *json, struct timespec *ret)
{
	json_int_t seconds, nanos;

	if (json_unpack(json, "[I, I]", &seconds, &nanos) < 0)
		return -EINVAL;
	*ret = (struct timespec){ .tv_sec = (time_t)seconds, .tv_nsec = (long)nanos };
	return 0;
}

char *snapshot_write(const struct snapshot *snapshot)
{
	auto_json json_t *labels = json_object();
	int r = labels ? 0 : -1;

	for (size_t i = 0; r == 0 && i < snapshot->labels.n; i++)
		r = json_object_set_new(labels, snapshot->labels.list[i].key,
			json_string(snapshot->labels.list[i].value));
	if (r < 0)
		return NULL;
	auto_json json_t *json = json_pack("{s:s, s:i, s:s, s:O, s:o, s:o, s:b}", "key",
		snapshot->key, "kind", (int)snapshot->kind, "parent",
		snapshot->parent ? snapshot->parent->key : "", "labels", labels, "created",
		time_json(&snapshot->created), "updated", time_json(&snapshot->updated), "owns",
		snapshot->owns_layer);
	return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

static int read_labels(json_t *json, struct labels *ret)
{
	const char *key;
	json_t *value;
	int r = 0;

	json_object_foreach(json, key, value)
	{
		if (r == 0)
			r = json_is_string(value) ? labels_set(ret, key, json_string_value(value))
						  : -EINVAL;
	}
	return r;
}

struct snapshot *snapshot_read(const char *text, char **ret_parent)
{
	auto_json json_t *json = json_loads(text, 0, NULL);
	json_t *labels, *created, *updated;
	const char *key, *parent;
	int kind, owns;

	if (json_unpack(json, "{s:s, s:i, s:s, s:o, s:o, s:o, s:b}", "key", &key, "kind", &kind,
		    "parent", &parent, "labels", &labels, "created", &created, "updated", &updated,
		    "owns", &owns) < 0 ||
		kind < SNAPSHOT_VIEW || kind > SNAPSHOT_COMMITTED)
		return NULL;
	struct snapshot *snapshot = snapshot_new(key, (enum snapshot_kind)kind);
	auto_free char *name = strdup(parent);
	if (!snapshot || !name || read_labels(labels, &snapshot->labels) < 0 ||
		read_time(created, &snapshot->created) < 0 ||
		read_time(updated, &snapshot->updated) < 0) {
		snapshot_free(snapshot);
		return NULL;
	}
	snapshot->owns_layer = owns;
	*ret_parent = steal_ptr(&name);
	return snapshot;
}
