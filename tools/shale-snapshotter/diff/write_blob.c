/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/diff/differ.h"

#include "common/archive/digest.h"
#include "common/base/scope.h"
#include "tools/service/stream.h"
#include "tools/shale-snapshotter/diff/blob_packing.h"
#include "tools/shale-snapshotter/diff/mounted_layers.h"
#include "tools/shale-snapshotter/snapshots/change_snapshot.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define UNCOMPRESSED "containerd.io/uncompressed"
#define PIECE        (256 << 10)

/* ---- the two layers to compare ---- */

/* Finds the containerd namespace for the blob: that of a snapshot with this layer. */
static void choose_namespace(struct catalog *catalog, const char *layer, struct content *content)
{
	pthread_mutex_lock(&catalog->lock);
	for (size_t i = 0; i < catalog->n; i++)
		if (catalog->snapshots[i]->state != SNAPSHOT_IN_THE_MAKING &&
			!strcmp(catalog->snapshots[i]->layer, layer))
			content_choose_namespace(content, catalog->snapshots[i]->key);
	pthread_mutex_unlock(&catalog->lock);
}

/* The layer ID is to be compared with the layer PARENT below it. ID is NULL if shale cannot make
 * this comparison. */
struct comparison {
	const char *id, *parent;
};

/* Turns two stacks of mounts into a comparison. LEFT must be the lower part of RIGHT's layers, or
 * nothing. For nothing containerd sends a view of an empty layer. */
static struct comparison compare(
	const struct catalog *catalog, const struct stack *left, const struct stack *right)
{
	struct comparison none = { 0 };
	struct shale_layer_info *info = NULL;
	size_t above = right->n - left->n;

	if (right->n > left->n) {
		for (size_t i = 0; i < left->n; i++)
			if (strcmp(left->layers[i], right->layers[above + i]) != 0)
				above = 0;
		if (above)
			return (struct comparison){ right->layers[0],
				left->n ? left->layers[0] : "" };
	}
	if (left->n != 1 || !right->n || !strcmp(left->layers[0], right->layers[0]) ||
		shale_layer_info(catalog->store, left->layers[0], &info, NULL) < 0)
		return none;
	bool empty = !*info->parent && !info->bytes && !info->entries && !*info->diff_id;
	free(info);
	return empty ? (struct comparison){ right->layers[0], "" } : none;
}

/* ---- the blob ---- */

struct writing {
	struct shale_store *store;
	struct comparison what;
	struct content_writer *writer;
	struct hash *blob, *tar;
	int64_t size;
	enum wire_status status; /* result of the calls to the content store */
	struct shale_error err;
};

static int diff(int fd, void *arg, struct shale_error *err)
{
	const struct writing *writing = arg;
	const struct shale_diff_options options = { .size = sizeof(options),
		.parent = writing->what.parent };

	return shale_layer_diff(writing->store, writing->what.id, &options, fd, err);
}

static int write_packed(const void *data, size_t size, void *arg)
{
	struct writing *writing = arg;

	hash_update(writing->blob, data, size);
	writing->size += (int64_t)size;
	writing->status = content_write(writing->writer, data, size, &writing->err);
	return writing->status == WIRE_OK ? 0 : -EIO;
}

static int pack(struct writing *writing, struct download *download, struct blob_packing *packing,
	struct shale_error *err)
{
	auto_free char *buf = malloc(PIECE);
	ssize_t n;
	int r = buf ? 0 : -ENOMEM;

	while (r == 0 && (n = download_read(download, buf, PIECE, err)) != 0) {
		if (n < 0)
			return (int)n;
		hash_update(writing->tar, buf, (size_t)n);
		r = blob_packing_add(packing, buf, (size_t)n);
	}
	return r < 0 ? r : blob_packing_finish(packing);
}

static int write_blob(struct writing *writing, bool gzip, struct shale_error *err)
{
	struct blob_packing *packing = NULL;
	struct download *download = NULL;
	int r = blob_packing_new(gzip, write_packed, writing, &packing);

	if (r == 0)
		r = download_begin(diff, writing, &download, err);
	if (r == 0) {
		r = pack(writing, download, packing, err);
		download_end(download);
	}
	blob_packing_free(packing);
	return r;
}

static enum wire_status commit(struct writing *writing, const Pb__DiffRequest *request, bool gzip,
	struct blob *ret, struct shale_error *err)
{
	char tar[DIGEST_SIZE] = "";
	Pb__Label uncompressed = PB__LABEL__INIT;
	auto_free Pb__Label **labels = calloc(request->n_labels + 1, sizeof(Pb__Label *));
	size_t n = request->n_labels;

	if (!labels || hash_final(writing->blob, ret->digest) < 0 ||
		hash_final(writing->tar, tar) < 0)
		return snapshot_fail(err, WIRE_RESOURCE_EXHAUSTED, "out of memory");
	if (n)
		memcpy(labels, request->labels, n * sizeof(*labels));
	uncompressed.key = (char *)UNCOMPRESSED;
	uncompressed.value = tar;
	if (gzip)
		labels[n++] = &uncompressed;
	ret->size = writing->size;
	return content_commit(writing->writer, ret->digest, labels, n, err);
}

static enum wire_status write_and_commit(struct writing *writing, const Pb__DiffRequest *request,
	bool gzip, struct blob *ret, struct shale_error *err)
{
	int r = write_blob(writing, gzip, err);

	if (writing->status != WIRE_OK) {
		*err = writing->err;
		return writing->status;
	}
	if (r < 0 && !err->text[0])
		return snapshot_fail(err, WIRE_UNKNOWN, "make a diff: %s", strerror(-r));
	return r < 0 ? snapshot_fail_store(r) : commit(writing, request, gzip, ret, err);
}

/* ---- the call ---- */

/* Tells in RET whether blobs of this media type are compressed with gzip. Returns false for a type
 * that shale does not know. */
static bool is_gzip(const char *media_type, bool *ret)
{
	static const struct {
		const char *type;
		bool gzip;
	} types[] = { { "application/vnd.oci.image.layer.v1.tar", false },
		{ "application/vnd.docker.image.rootfs.diff.tar", false },
		{ "application/vnd.oci.image.layer.v1.tar+gzip", true },
		{ "application/vnd.docker.image.rootfs.diff.tar.gzip", true } };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i].type, media_type)) {
			*ret = types[i].gzip;
			return true;
		}
	return false;
}

/* Makes a reference for the blob, under which it is written before its commit. Used if the caller
 * gives none; must be unique. */
static void name_blob(char ret[64])
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		random = (uint64_t)(uintptr_t)ret;
	snprintf(ret, 64, "shale-diff-%016llx", (unsigned long long)random);
}

enum wire_status diff_write(const struct differ *differ, struct content *content,
	const Pb__DiffRequest *request, const char *media_type, struct blob *ret,
	struct shale_error *err)
{
	auto_stack struct stack left = { 0 };
	auto_stack struct stack right = { 0 };
	auto_hash struct hash *blob = NULL;
	auto_hash struct hash *tar = NULL;
	char unique[64];
	bool gzip;

	if (!is_gzip(media_type, &gzip))
		return snapshot_fail(err, WIRE_UNIMPLEMENTED,
			"layers of the type %s are not made: not implemented", media_type);
	if (stack_of(differ->catalog, request->left, request->n_left, &left) < 0 ||
		stack_of(differ->catalog, request->right, request->n_right, &right) < 0)
		return snapshot_fail(err, WIRE_UNIMPLEMENTED,
			"these are no mounts of snapshots of shale's: not implemented");
	struct writing writing = { .store = differ->catalog->store,
		.what = compare(differ->catalog, &left, &right) };
	if (!writing.what.id)
		return snapshot_fail(err, WIRE_UNIMPLEMENTED,
			"one of the two was not made on the other: not implemented");
	choose_namespace(differ->catalog, writing.what.id, content);
	if (hash_new(&blob) < 0 || hash_new(&tar) < 0)
		return snapshot_fail(err, WIRE_RESOURCE_EXHAUSTED, "out of memory");
	writing.blob = blob;
	writing.tar = tar;
	name_blob(unique);
	enum wire_status status = content_begin(
		content, *request->ref ? request->ref : unique, &writing.writer, err);
	if (status != WIRE_OK)
		return status;
	status = write_and_commit(&writing, request, gzip, ret, err);
	content_end(writing.writer);
	return status;
}
