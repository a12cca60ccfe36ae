/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/diff/differ.h"

#include "common/base/scope.h"
#include "tools/service/stream.h"
#include "tools/shale-snapshotter/diff/mounted_layers.h"
#include "tools/shale-snapshotter/snapshots/change_snapshot.h"
#include "tools/shale-snapshotter/snapshots/store_mount.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* ---- the snapshot ---- */

/* Claims the active snapshot with the layer LAYER, so that no other call commits or removes it
 * during the unpacking. */
static struct snapshot *claim(struct catalog *catalog, const char *layer)
{
	struct snapshot *found = NULL;

	pthread_mutex_lock(&catalog->lock);
	for (size_t i = 0; !found && i < catalog->n; i++) {
		struct snapshot *snapshot = catalog->snapshots[i];

		if (snapshot->state != SNAPSHOT_IN_THE_MAKING &&
			snapshot->kind == SNAPSHOT_ACTIVE && !strcmp(snapshot->layer, layer))
			found = snapshot;
	}
	auto_free char *key = found ? strdup(found->key) : NULL;
	found = key ? catalog_claim(catalog, key, SNAPSHOT_BUSY) : NULL;
	/* While this call waited for the claim, another one may have committed the snapshot. */
	if (found && found->kind != SNAPSHOT_ACTIVE) {
		catalog_release(catalog, found);
		found = NULL;
	}
	pthread_mutex_unlock(&catalog->lock);
	return found;
}

static void release(struct catalog *catalog, struct snapshot *snapshot)
{
	pthread_mutex_lock(&catalog->lock);
	catalog_release(catalog, snapshot);
	pthread_mutex_unlock(&catalog->lock);
}

/* Tells whether the layer is empty: an apply would replace the files in it. */
static bool is_empty(const struct catalog *catalog, const char *layer)
{
	auto_free char *path = NULL;
	const struct dirent *entry;
	int n = 0;

	if (asprintf(&path, "%s/%s/diff", catalog->home, layer) < 0)
		return path = NULL, false;
	DIR *dir = opendir(path);
	if (!dir)
		return false;
	while (n < 3 && (entry = readdir(dir)))
		n++;
	closedir(dir);
	return n == 2; /* the entries are "." and ".." */
}

/* ---- its content ---- */

struct filling {
	struct shale_store *store;
	const char *layer, *hold;
	struct shale_apply_result *result;
	struct upload *upload;
};

static int fill(int fd, void *arg, struct shale_error *err)
{
	struct filling *filling = arg;
	const struct shale_apply_options options = { .size = sizeof(options),
		.hold = filling->hold };

	return shale_layer_apply(
		filling->store, filling->layer, fd, &options, &filling->result, err);
}

static void pass_on(const void *data, size_t size, void *arg)
{
	struct filling *filling = arg;

	upload_write(filling->upload, data, size);
}

static enum wire_status unpack(struct content *content, const Pb__Descriptor *blob,
	struct filling *filling, struct shale_error *err)
{
	struct shale_error ours = { 0 };
	int r = upload_begin(fill, filling, &filling->upload, err);

	if (r < 0)
		return snapshot_fail_store(r);
	enum wire_status status = content_read(
		content, blob->digest, blob->size, pass_on, filling, err);
	/* If the blob is incomplete, the layer stays empty. */
	r = upload_end(filling->upload, status == WIRE_OK, &ours);
	if (status != WIRE_OK || r == 0)
		return status;
	*err = ours;
	return snapshot_fail_store(r);
}

/* Fills the layer. If the store has mounted SNAPSHOT, unmounts it first: a mounted layer cannot be
 * filled. */
static enum wire_status unpack_unmounted(struct catalog *catalog, struct content *content,
	const Pb__Descriptor *blob, struct snapshot *snapshot, struct filling *filling,
	struct shale_error *err)
{
	if (!is_empty(catalog, snapshot->layer))
		return snapshot_fail(err, WIRE_UNIMPLEMENTED,
			"the snapshot %s is not empty: not implemented", snapshot->key);
	int r = store_mount_end(catalog, snapshot, err);
	enum wire_status status = r < 0 ? snapshot_fail_store(r)
					: unpack(content, blob, filling, err);
	store_mount_begin(catalog, snapshot);
	return status;
}

static bool is_known(const char *media_type)
{
	static const char *const types[] = { "application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.v1.tar+gzip",
		"application/vnd.oci.image.layer.v1.tar+zstd",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.diff.tar.gzip",
		"application/vnd.docker.image.rootfs.diff.tar.zstd",
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
		"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i], media_type))
			return true;
	return false;
}

enum wire_status diff_apply(const struct differ *differ, struct content *content,
	const Pb__ApplyRequest *request, struct blob *ret, struct shale_error *err)
{
	auto_stack struct stack stack = { 0 };
	const Pb__Descriptor *blob = request->diff;
	struct catalog *catalog = differ->catalog;

	if (!blob || !is_known(blob->media_type))
		return snapshot_fail(err, WIRE_UNIMPLEMENTED,
			"layers of the type %s are not taken: not implemented",
			blob ? blob->media_type : "");
	if (stack_of(catalog, request->mounts, request->n_mounts, &stack) < 0 || !stack.n ||
		!stack.writable)
		return snapshot_fail(err, WIRE_UNIMPLEMENTED,
			"these are no mounts of a snapshot of shale's: not implemented");
	struct snapshot *snapshot = claim(catalog, stack.layers[0]);
	if (!snapshot)
		return snapshot_fail(err, WIRE_NOT_FOUND,
			"no active snapshot has the layer %s: not found", stack.layers[0]);
	content_choose_namespace(content, snapshot->key);
	struct filling filling = {
		.store = catalog->store, .layer = stack.layers[0], .hold = snapshot->hold
	};
	enum wire_status status = unpack_unmounted(catalog, content, blob, snapshot, &filling, err);
	release(catalog, snapshot);
	if (status == WIRE_OK) {
		snprintf(ret->digest, sizeof(ret->digest), "%s", filling.result->diff_id);
		ret->size = strcmp(ret->digest, blob->digest) ? 0 : blob->size;
	}
	free(filling.result);
	return status;
}
