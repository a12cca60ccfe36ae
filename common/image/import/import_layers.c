/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/import_layers.h"

#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/image_config.h"
#include "common/image/manifest.h"
#include "common/store/store.h"

/* One layer that is copied from its blob to the store. */
struct stream {
	const struct part *part;
	struct blob blob;
	struct hash *hash;
	char digest[DIGEST_SIZE]; /* the blob's digest, once it was read to the end */
	uint64_t done;
	struct progress *progress;
};

static void cleanup_stream(struct stream *stream)
{
	hash_free(stream->hash);
	blob_close(&stream->blob);
}

static int64_t read_stream(void *arg, void *buf, size_t size)
{
	struct stream *stream = arg;
	int64_t n = blob_read(&stream->blob, stream->done, buf, size);

	if (n <= 0)
		return n;
	hash_update(stream->hash, buf, n);
	stream->done += n;
	int r = progress_at(stream->progress, stream->done);
	return r < 0 ? r : n;
}

/* Reads the rest of the blob behind the tar, so that the digest covers the whole blob. */
static int drain(struct stream *stream)
{
	auto_free char *buf = malloc(65536);
	int64_t n = buf ? 1 : -ENOMEM;

	while (n > 0)
		n = read_stream(stream, buf, 65536);
	return (int)n;
}

/* Returns -EBADMSG with words if the blob has another digest than it should, else 0. */
static int check_digest(struct stream *stream, struct shale_error *err)
{
	int r = drain(stream);

	if (r == 0 && !*stream->digest)
		r = hash_final(stream->hash, stream->digest);
	if (r < 0)
		return error_fail(err, r, "read");
	if (*stream->part->digest && strcmp(stream->digest, stream->part->digest) != 0)
		return error_fail_plain(err, -EBADMSG,
			"it is damaged: its content has the digest %s", stream->digest);
	return 0;
}

static int verify(const struct apply_result *result, void *arg, struct shale_error *err)
{
	struct stream *stream = arg;
	int r = check_digest(stream, err);

	if (r < 0)
		return r;
	if (strcmp(result->diff_id, stream->part->diff_id) != 0)
		return error_fail_plain(err, -EBADMSG,
			"its tar has the digest %s, the config says %s", result->diff_id,
			stream->part->diff_id);
	return progress_end(stream->progress);
}

static int open_stream(struct blobs *blobs, const struct part *part, struct stream *stream,
	struct shale_error *err)
{
	int r = hash_new_like(part->digest, &stream->hash);

	if (r < 0)
		return error_fail(err, r, "read");
	r = *part->digest ? blobs_open_digest(blobs, part->digest, &stream->blob, err)
			  : blobs->ops->open(blobs, part->name, &stream->blob, err);
	if (r < 0)
		return r;
	if (*part->digest && part->size != SIZE_UNKNOWN && stream->blob.size != part->size)
		return error_fail_plain(err, -EBADMSG,
			"it has %llu bytes, its descriptor says %llu",
			(unsigned long long)stream->blob.size, (unsigned long long)part->size);
	return 0;
}

static const char *blob_name(const struct part *part)
{
	return *part->digest ? part->digest : part->name;
}

/* Explains a failed unpacking. If the blob is damaged, its wrong digest is the best reason. */
static int explain(struct stream *stream, int code, struct shale_error *err)
{
	struct shale_error damage = { 0 };

	if (code == -ECANCELED || code == -ENOMEM || code == -ENOSPC || code == -EDQUOT ||
		code == -EIO || !*stream->part->digest || stream->done == 0)
		return code;
	int r = check_digest(stream, &damage);
	if (r == -EBADMSG && err) {
		*err = damage;
		return r;
	}
	return code;
}

static int add_layer(struct shale_store *store, struct blobs *blobs, const struct part *part,
	const struct new_layer *what, struct progress *progress, struct shale_error *err)
{
	__attribute__((cleanup(cleanup_stream))) struct stream stream = { .part = part,
		.blob.fd = -1 };
	struct new_layer layer = *what;
	struct apply_result result;
	int r = open_stream(blobs, part, &stream, err);

	if (r == 0) {
		stream.progress = progress;
		r = progress_total(progress, stream.blob.size);
	}
	if (r == 0) {
		layer.read = read_stream;
		layer.verify = verify;
		layer.arg = &stream;
		r = store_add_layer(store, &layer, &result, err);
		if (r < 0 && r != -EEXIST)
			r = explain(&stream, r, err);
	}
	if (r < 0 && r != -EEXIST && *blob_name(part))
		return error_fail(err, r, "layer blob %s", blob_name(part));
	return r;
}

/* Checks that an existing layer is the one that the id stands for: users can choose ids, too. */
static int check_existing(
	struct shale_store *store, const char *id, const char *diff_id, struct shale_error *err)
{
	auto_free char *found = NULL;
	int r = store_layer_get_field(store, id, "diff-id", &found, err);

	if (r < 0)
		return r;
	if (!found || strcmp(found, diff_id) != 0)
		return error_fail_plain(err, -EEXIST,
			"layer %s is there already, with other content than the image's", id);
	return 0;
}

/* Checks that the blob has the digest that the image names, though its layer exists already and is
 * not unpacked. A source without the blob is no error. */
static int check_blob_of_existing(struct blobs *blobs, const struct part *part,
	struct progress *progress, struct shale_error *err)
{
	__attribute__((cleanup(cleanup_stream))) struct stream stream = { .part = part,
		.blob.fd = -1 };

	if (!*part->digest)
		return 0;
	int r = open_stream(blobs, part, &stream, err);
	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	stream.progress = progress;
	if (r >= 0)
		r = check_digest(&stream, err);
	return r < 0 ? error_fail(err, r, "layer blob %s", part->digest) : 0;
}

/* Makes the layer of PART if the store lacks it. Returns 1 if it was made now, 0 if it existed. */
static int need_layer(struct shale_store *store, struct blobs *blobs, const struct part *part,
	const struct new_layer *what, struct progress *progress, struct shale_error *err)
{
	int r = shale_layer_exists(store, what->id, err);

	if (r == 0) {
		r = add_layer(store, blobs, part, what, progress, err);
		if (r >= 0)
			return 1;
		if (r != -EEXIST)
			return r;
		/* Another import has just made the layer. */
		error_clear(err);
	}
	if (r < 0 && r != -EEXIST)
		return r;
	r = check_existing(store, what->id, part->diff_id, err);
	return r < 0 ? r : check_blob_of_existing(blobs, part, progress, err);
}

static int unpack_part(struct shale_store *store, struct blobs *blobs, const struct parts *parts,
	const struct unpack_how *how, struct unpacked *unpacked, struct shale_error *err)
{
	const size_t i = unpacked->n;
	const struct part *part = &parts->layers[i];
	struct new_layer what = { .id = unpacked->ids[i],
		.parent = i ? unpacked->ids[i - 1] : NULL,
		.digest_as = part->unvouched ? NULL : part->diff_id,
		.limits = how->limits };
	int r = config_chain_id(what.parent, part->diff_id, unpacked->ids[i]);

	if (r < 0)
		return error_fail(err, r, "name layer");
	char title[64];
	snprintf(title, sizeof(title), "layer %zu/%zu %.12s", i + 1, parts->n_layers, what.id);
	r = progress_start(how->progress, title, 0);
	if (r < 0)
		return error_fail(err, r, "unpack");
	r = need_layer(store, blobs, part, &what, how->progress, err);
	if (r < 0)
		return r;
	unpacked->added[i] = r > 0;
	return 0;
}

int image_unpack(struct shale_store *store, struct blobs *blobs, const struct parts *parts,
	const struct unpack_how *how, struct unpacked *ret, struct shale_error *err)
{
	int r = 0;

	*ret = (struct unpacked){
		.ids = calloc(parts->n_layers + 1, sizeof(*ret->ids)),
		.added = calloc(parts->n_layers + 1, sizeof(bool)),
	};
	if (!ret->ids || !ret->added)
		return error_fail(err, -ENOMEM, "unpack");
	while (r == 0 && ret->n < parts->n_layers) {
		r = unpack_part(store, blobs, parts, how, ret, err);
		ret->n += r == 0;
	}
	return r;
}

const char *unpacked_top(const struct unpacked *unpacked)
{
	return unpacked->n ? unpacked->ids[unpacked->n - 1] : "";
}

void unpacked_undo(struct shale_store *store, const struct unpacked *unpacked)
{
	for (size_t i = unpacked->n; i-- > 0;)
		if (unpacked->added[i])
			shale_layer_remove(store, unpacked->ids[i], NULL, NULL);
}

void unpacked_free(struct unpacked *unpacked)
{
	free(unpacked->ids);
	free(unpacked->added);
	*unpacked = (struct unpacked){ 0 };
}
