/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decodes requests of the snapshots service, calls the functions that do the work, and encodes
 * replies. */
#include "tools/shale-snapshotter/snapshots/snapshots_service.h"

#include "common/base/scope.h"
#include "tools/shale-snapshotter/proto/snapshots.pb-c.h"
#include "tools/shale-snapshotter/snapshots/change_snapshot.h"
#include "tools/shale-snapshotter/snapshots/encode.h"
#include "tools/shale-snapshotter/snapshots/filter.h"
#include "tools/shale-snapshotter/snapshots/mounts.h"
#include "tools/shale-snapshotter/message.h"

#include <string.h>

/* How many snapshots to send in one message of a list; containerd does the same. */
#define LIST_BATCH 100

/* ---- requests ---- */

static void cleanup_message(void *p)
{
	ProtobufCMessage *message = *(ProtobufCMessage **)p;

	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
}
#define auto_message __attribute__((cleanup(cleanup_message)))

static void cleanup_labels(struct labels *labels)
{
	labels_free(labels);
}
#define auto_labels __attribute__((cleanup(cleanup_labels)))

/* Fails the call with the words of ERR, and the remedy if there is one. */
static void answer(struct wire_call *call, enum wire_status status, const struct shale_error *err)
{
	if (status != WIRE_OK)
		wire_call_fail(
			call, status, "%s%s%s", err->text, err->remedy[0] ? "; " : "", err->remedy);
}

static int take_labels(Pb__Label **list, size_t n, struct labels *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = labels_set(ret, list[i]->key, list[i]->value);
	return r;
}

/* ---- replies ---- */

static void reply_empty(struct wire_call *call)
{
	(void)wire_call_reply(call, 0);
}

/* Answers with the mounts of SNAPSHOT. The caller holds the catalog's lock. */
static void reply_mounts(struct wire_call *call, struct catalog *catalog, struct snapshot *snapshot)
{
	Pb__MountsReply message = PB__MOUNTS_REPLY__INIT;
	Pb__Mount encoded = PB__MOUNT__INIT, *list = &encoded;
	struct mount mount;
	int r = mount_of(catalog, snapshot, &mount);

	if (r < 0) {
		wire_call_fail(call, WIRE_INTERNAL, "mounts of snapshot %s: %s", snapshot->key,
			strerror(-r));
		return;
	}
	encoded.type = (char *)mount.type;
	encoded.source = (char *)mount.source;
	encoded.options = mount.options;
	encoded.n_options = mount.n_options;
	message.mounts = &list;
	message.n_mounts = 1;
	message_reply(call, &message.base);
	mount_free(&mount);
}

static void reply_info(struct wire_call *call, struct catalog *catalog, const char *key)
{
	Pb__InfoReply message = PB__INFO_REPLY__INIT;
	struct encoded_info info;

	pthread_mutex_lock(&catalog->lock);
	const struct snapshot *snapshot = catalog_find(catalog, key);
	if (!snapshot) {
		wire_call_fail(call, WIRE_NOT_FOUND, "snapshot %s does not exist: not found", key);
	} else if (encode_info(snapshot, &info) < 0) {
		wire_call_fail(call, WIRE_RESOURCE_EXHAUSTED, "out of memory");
	} else {
		message.info = &info.info;
		message_reply(call, &message.base);
		encoded_info_free(&info);
	}
	pthread_mutex_unlock(&catalog->lock);
}

static void reply_mounts_of(struct wire_call *call, struct catalog *catalog, const char *key)
{
	pthread_mutex_lock(&catalog->lock);
	struct snapshot *snapshot = catalog_find(catalog, key);
	if (!snapshot)
		wire_call_fail(call, WIRE_NOT_FOUND, "snapshot %s does not exist: not found", key);
	else if (snapshot->kind == SNAPSHOT_COMMITTED)
		wire_call_fail(call, WIRE_FAILED_PRECONDITION,
			"snapshot %s is committed: failed precondition", key);
	else
		reply_mounts(call, catalog, snapshot);
	pthread_mutex_unlock(&catalog->lock);
}

/* ---- methods ---- */

static void make(struct wire_call *call, struct catalog *catalog, enum snapshot_kind kind)
{
	auto_message Pb__NewRequest *request = message_decode(call, &pb__new_request__descriptor);
	auto_labels struct labels labels = { 0 };
	struct shale_error err = { 0 };

	if (!request)
		return;
	if (!*request->key) {
		wire_call_fail(call, WIRE_INVALID_ARGUMENT, "the key is empty: invalid argument");
		return;
	}
	enum wire_status status = take_labels(request->labels, request->n_labels, &labels) < 0
					  ? snapshot_fail(
						    &err, WIRE_RESOURCE_EXHAUSTED, "out of memory")
					  : snapshot_make(catalog, kind, request->key,
						    request->parent, &labels, &err);
	answer(call, status, &err);
	if (status == WIRE_OK)
		reply_mounts_of(call, catalog, request->key);
}

static void prepare(struct wire_call *call, void *arg)
{
	make(call, arg, SNAPSHOT_ACTIVE);
}

static void view(struct wire_call *call, void *arg)
{
	make(call, arg, SNAPSHOT_VIEW);
}

static void mounts(struct wire_call *call, void *arg)
{
	auto_message Pb__KeyRequest *request = message_decode(call, &pb__key_request__descriptor);

	if (request)
		reply_mounts_of(call, arg, request->key);
}

static void commit(struct wire_call *call, void *arg)
{
	auto_message Pb__CommitRequest *request = message_decode(
		call, &pb__commit_request__descriptor);
	auto_labels struct labels labels = { 0 };
	struct shale_error err = { 0 };

	if (!request)
		return;
	if (!*request->name) {
		wire_call_fail(call, WIRE_INVALID_ARGUMENT, "the name is empty: invalid argument");
		return;
	}
	enum wire_status status =
		take_labels(request->labels, request->n_labels, &labels) < 0
			? snapshot_fail(&err, WIRE_RESOURCE_EXHAUSTED, "out of memory")
			: snapshot_commit(arg, request->name, request->key, &labels, &err);
	answer(call, status, &err);
	if (status == WIRE_OK)
		reply_empty(call);
}

static void remove_(struct wire_call *call, void *arg)
{
	auto_message Pb__KeyRequest *request = message_decode(call, &pb__key_request__descriptor);
	struct shale_error err = { 0 };

	if (!request)
		return;
	enum wire_status status = snapshot_remove(arg, request->key, &err);
	answer(call, status, &err);
	if (status == WIRE_OK)
		reply_empty(call);
}

static void stat_(struct wire_call *call, void *arg)
{
	auto_message Pb__KeyRequest *request = message_decode(call, &pb__key_request__descriptor);

	if (request)
		reply_info(call, arg, request->key);
}

/* ---- Update ---- */

static const char *label_path(const char *path)
{
	return strncmp(path, "labels.", 7) ? NULL : path + 7;
}

/* Refuses an update that changes anything but labels. */
static bool may_be_updated(struct wire_call *call, const Pb__UpdateRequest *request)
{
	const Pb__FieldMask *mask = request->update_mask;

	for (size_t i = 0; mask && i < mask->n_paths; i++)
		if (!label_path(mask->paths[i]) && strcmp(mask->paths[i], "labels") != 0) {
			wire_call_fail(call, WIRE_INVALID_ARGUMENT,
				"cannot update \"%s\" of snapshot %s: invalid argument",
				mask->paths[i], request->info->name);
			return false;
		}
	return true;
}

static int update_labels(struct labels *labels, void *arg)
{
	const Pb__UpdateRequest *request = arg;
	const Pb__FieldMask *mask = request->update_mask;
	bool all = !mask || !mask->n_paths;
	auto_labels struct labels wanted = { 0 };
	int r = take_labels(request->info->labels, request->info->n_labels, &wanted);

	for (size_t i = 0; mask && i < mask->n_paths; i++)
		all |= !strcmp(mask->paths[i], "labels");
	if (all)
		labels_free(labels);
	for (size_t i = 0; r == 0 && all && i < wanted.n; i++)
		r = labels_set(labels, wanted.list[i].key, wanted.list[i].value);
	for (size_t i = 0; r == 0 && !all && i < mask->n_paths; i++) {
		const char *key = label_path(mask->paths[i]);

		r = labels_set(labels, key, labels_get(&wanted, key));
	}
	return r;
}

static void update(struct wire_call *call, void *arg)
{
	auto_message Pb__UpdateRequest *request = message_decode(
		call, &pb__update_request__descriptor);
	struct shale_error err = { 0 };

	if (!request)
		return;
	if (!request->info) {
		wire_call_fail(call, WIRE_INVALID_ARGUMENT, "no info: invalid argument");
		return;
	}
	if (!may_be_updated(call, request))
		return;
	enum wire_status status = snapshot_relabel(
		arg, request->info->name, update_labels, request, &err);
	answer(call, status, &err);
	if (status == WIRE_OK)
		reply_info(call, arg, request->info->name);
}

/* ---- List ---- */

struct batch {
	struct wire_call *call;
	struct encoded_info infos[LIST_BATCH];
	size_t n;
};

static void send_batch(struct batch *batch)
{
	Pb__ListReply message = PB__LIST_REPLY__INIT;
	Pb__Info *list[LIST_BATCH];

	for (size_t i = 0; i < batch->n; i++)
		list[i] = &batch->infos[i].info;
	message.info = list;
	message.n_info = batch->n;
	if (batch->n)
		message_reply(batch->call, &message.base);
	for (size_t i = 0; i < batch->n; i++)
		encoded_info_free(&batch->infos[i]);
	batch->n = 0;
}

/* Tells whether a snapshot is listed: it is if one of the filters matches, or if there is none. */
static bool is_listed(const struct snapshot *snapshot, struct filter *const *filters, size_t n)
{
	if (snapshot->state == SNAPSHOT_IN_THE_MAKING)
		return false;
	for (size_t i = 0; i < n; i++)
		if (filter_matches(filters[i], snapshot))
			return true;
	return n == 0;
}

static void send_list(
	struct wire_call *call, struct catalog *catalog, struct filter *const *filters, size_t n)
{
	struct batch *batch = calloc(1, sizeof(*batch));
	int r = batch ? 0 : -ENOMEM;

	if (batch)
		batch->call = call;
	pthread_mutex_lock(&catalog->lock);
	for (size_t i = 0; r == 0 && i < catalog->n; i++) {
		if (!is_listed(catalog->snapshots[i], filters, n))
			continue;
		r = encode_info(catalog->snapshots[i], &batch->infos[batch->n]);
		if (r == 0 && ++batch->n == LIST_BATCH)
			send_batch(batch);
	}
	pthread_mutex_unlock(&catalog->lock);
	if (batch)
		send_batch(batch);
	free(batch);
	if (r < 0)
		wire_call_fail(call, WIRE_RESOURCE_EXHAUSTED, "out of memory");
}

static void list(struct wire_call *call, void *arg)
{
	auto_message Pb__ListRequest *request = message_decode(call, &pb__list_request__descriptor);
	size_t n = 0;

	if (!request)
		return;
	struct filter **filters = calloc(request->n_filters + 1, sizeof(*filters));
	const char *why = "out of memory";
	int r = filters ? 0 : -ENOMEM;
	while (r == 0 && n < request->n_filters) {
		r = filter_new(request->filters[n], &filters[n], &why);
		n += r == 0;
	}
	if (r < 0)
		wire_call_fail(call, WIRE_INVALID_ARGUMENT, "filter \"%s\": %s: invalid argument",
			filters ? request->filters[n] : "", why);
	else
		send_list(call, arg, filters, n);
	for (size_t i = 0; i < n; i++)
		filter_free(filters[i]);
	free(filters);
}

/* ---- the table ---- */

static void usage(struct wire_call *call, void *arg)
{
	auto_message Pb__KeyRequest *request = message_decode(call, &pb__key_request__descriptor);
	Pb__UsageReply message = PB__USAGE_REPLY__INIT;
	struct shale_error err = { 0 };

	if (!request)
		return;
	enum wire_status status = snapshot_usage(
		arg, request->key, &message.size, &message.inodes, &err);
	answer(call, status, &err);
	if (status == WIRE_OK)
		message_reply(call, &message.base);
}

static void cleanup(struct wire_call *call, void *arg)
{
	struct shale_error err = { 0 };
	enum wire_status status = snapshot_cleanup(arg, &err);

	answer(call, status, &err);
	if (status == WIRE_OK)
		reply_empty(call);
}

#define METHOD(name) "/containerd.services.snapshots.v1.Snapshots/" name

const struct wire_method snapshots_methods[] = {
	{ METHOD("Stat"), stat_, false },
	{ METHOD("Mounts"), mounts, false },
	{ METHOD("List"), list, false },
	{ METHOD("Prepare"), prepare, true },
	{ METHOD("View"), view, true },
	{ METHOD("Commit"), commit, true },
	{ METHOD("Remove"), remove_, true },
	{ METHOD("Update"), update, true },
	{ METHOD("Usage"), usage, true },
	{ METHOD("Cleanup"), cleanup, true },
	{ NULL, NULL, false },
};
