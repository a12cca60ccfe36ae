/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/import_layers.h"

#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/image_config.h"
#include "common/image/import/publisher.h"
#include "common/image/manifest.h"
#include "common/store/add_layer.h"
#include "common/store/store.h"

/* The blob of one layer, while it is read. */
struct stream {
	const struct part *part;
	struct blob blob;
	struct hash *hash;
	char digest[DIGEST_SIZE]; /* digest of the blob, valid when all of it was read */
	uint64_t done;
	struct progress *progress;
	struct publisher *below; /* the layer below, if it is still being published; else NULL */
};

static void cleanup_stream(struct stream *stream)
{
	hash_free(stream->hash);
	blob_close(&stream->blob);
}

static int64_t read_stream(void *arg, void *buf, size_t size)
{
	struct stream *stream = arg;

	/* The layer below could not be published, so this layer cannot be made: stop reading. */
	if (stream->below && publisher_failed(stream->below))
		return -ECANCELED;
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

/* Compares the digest of the blob with the one that the image names. Returns 0, or -EBADMSG with
 * words. */
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

/* Puts the name of the blob, if it has one, in front of ERR's words. */
static int fail_blob(int code, const struct part *part, struct shale_error *err)
{
	return *blob_name(part) ? error_fail(err, code, "layer blob %s", blob_name(part)) : code;
}

/* Explains a failed unpacking. If the blob has a wrong digest, reports that: it is the real
 * cause. */
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

/* A layer with this id exists. Checks that it has the right content: users can choose ids, too. */
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

/* The layer exists already, so its blob is not unpacked. Checks the blob's digest all the same. A
 * source without the blob is no error. */
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

/* The state of unpacking an image. RET->n layers are in the store. The next one is BELOW: it is
 * unpacked, and is being published. */
struct unpacking {
	struct shale_store *store;
	struct blobs *blobs;
	const struct parts *parts;
	const struct unpack_how *how;
	const struct part *part; /* the layer that is unpacked now */
	struct publisher below;
	struct unpacked *ret;
};

enum outcome {
	LAYER_ADDED = 0,
	LAYER_EXISTS, /* the store has the layer, or another import has just made it */
	LAYER_AGAIN,  /* another import has made the layer below: unpack this one again, on that
			 layer */
};

/* Waits until the layer below is published. */
static int publish_below(struct unpacking *unpacking, struct shale_error *err)
{
	struct unpacked *ret = unpacking->ret;
	const size_t i = ret->n;

	if (!unpacking->below.adding)
		return LAYER_ADDED;
	int r = publisher_end(&unpacking->below, err);
	ret->added[i] = r == 0;
	if (r == -EEXIST) {
		error_clear(err);
		r = check_existing(
			unpacking->store, ret->ids[i], unpacking->parts->layers[i].diff_id, err);
		ret->n += r == 0;
		return r < 0 ? r : LAYER_AGAIN;
	}
	ret->n += r == 0;
	return r < 0 ? fail_blob(r, &unpacking->parts->layers[i], err) : LAYER_ADDED;
}

/* Begins the layer on top of BELOW, and unpacks it while BELOW is published. */
static int unpack_stream(struct unpacking *unpacking, struct stream *stream,
	const struct new_layer *what, struct adding **ret, struct shale_error *err)
{
	struct new_layer layer = *what;
	struct publisher *below = &unpacking->below;
	int r = open_stream(unpacking->blobs, stream->part, stream, err);

	if (r == 0) {
		stream->progress = unpacking->how->progress;
		stream->below = below;
		r = progress_total(stream->progress, stream->blob.size);
	}
	layer.read = read_stream;
	layer.verify = verify;
	layer.arg = stream;
	if (r == 0)
		r = adding_begin(unpacking->store, &layer, below->adding, ret, err);
	if (r < 0)
		return r;
	publisher_start(below);
	r = adding_unpack(*ret, err);
	return r < 0 ? explain(stream, r, err) : 0;
}

/* Adds the layer WHAT. If BELOW has failed, too, reports the error of BELOW, which came first. */
static int add_layer(
	struct unpacking *unpacking, const struct new_layer *what, struct shale_error *err)
{
	const struct part *part = unpacking->part;
	__attribute__((cleanup(cleanup_stream))) struct stream stream = { .part = part,
		.blob.fd = -1 };
	auto_adding struct adding *adding = NULL;
	struct shale_error mine = { 0 };
	int r = unpack_stream(unpacking, &stream, what, &adding, &mine);
	int below = publish_below(unpacking, err);

	if (below != LAYER_ADDED)
		return below;
	if (r == -EEXIST && !adding)
		return LAYER_EXISTS;
	if (r < 0 && err)
		*err = mine;
	if (r < 0)
		return fail_blob(r, part, err);
	unpacking->below.adding = steal_ptr(&adding);
	return LAYER_ADDED;
}

/* Takes a layer that the store has already. */
static int use_existing(
	struct unpacking *unpacking, const struct new_layer *what, struct shale_error *err)
{
	const struct part *part = unpacking->part;
	int r = publish_below(unpacking, err);

	if (r >= 0)
		r = check_existing(unpacking->store, what->id, part->diff_id, err);
	if (r >= 0)
		r = check_blob_of_existing(unpacking->blobs, part, unpacking->how->progress, err);
	unpacking->ret->n += r == 0;
	return r;
}

/* Makes the layer WHAT if the store lacks it. */
static int need_layer(
	struct unpacking *unpacking, const struct new_layer *what, struct shale_error *err)
{
	int r = shale_layer_exists(unpacking->store, what->id, err);

	if (r < 0)
		return r;
	r = r ? LAYER_EXISTS : add_layer(unpacking, what, err);
	if (r == LAYER_AGAIN)
		r = add_layer(unpacking, what, err);
	return r == LAYER_EXISTS ? use_existing(unpacking, what, err) : r;
}

static int unpack_part(struct unpacking *unpacking, size_t i, struct shale_error *err)
{
	struct unpacked *ret = unpacking->ret;
	const struct part *part = unpacking->part = &unpacking->parts->layers[i];
	const struct new_layer what = { .id = ret->ids[i],
		.parent = i ? ret->ids[i - 1] : NULL,
		.digest_as = part->unvouched ? NULL : part->diff_id,
		.limits = unpacking->how->limits };
	int r = config_chain_id(what.parent, part->diff_id, ret->ids[i]);

	if (r < 0)
		return error_fail(err, r, "name layer");
	char title[64];
	snprintf(title, sizeof(title), "layer %zu/%zu %.12s", i + 1, unpacking->parts->n_layers,
		what.id);
	r = progress_start(unpacking->how->progress, title, 0);
	return r < 0 ? error_fail(err, r, "unpack") : need_layer(unpacking, &what, err);
}

/* Publishes the last unpacked layer. If CODE is an error, it is of a later layer: an error here is
 * reported instead. */
static int publish_last(struct unpacking *unpacking, int code, struct shale_error *err)
{
	struct shale_error earlier = { 0 };
	int r = publish_below(unpacking, &earlier);

	if (r < 0 && err)
		*err = earlier;
	return r < 0 ? r : code;
}

int image_unpack(struct shale_store *store, struct blobs *blobs, const struct parts *parts,
	const struct unpack_how *how, struct unpacked *ret, struct shale_error *err)
{
	struct unpacking unpacking = {
		.store = store, .blobs = blobs, .parts = parts, .how = how, .ret = ret
	};
	int r = 0;

	*ret = (struct unpacked){
		.ids = calloc(parts->n_layers + 1, sizeof(*ret->ids)),
		.added = calloc(parts->n_layers + 1, sizeof(bool)),
	};
	if (!ret->ids || !ret->added)
		return error_fail(err, -ENOMEM, "unpack");
	for (size_t i = 0; r == 0 && i < parts->n_layers; i++)
		r = unpack_part(&unpacking, i, err);
	return publish_last(&unpacking, r, err);
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
