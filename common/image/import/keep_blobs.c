/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/keep_blobs.h"

#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/kept_blob.h"
#include "common/base/wholeio.h"

#define CHUNK ((size_t)256 * 1024)

/* Copies a blob and computes its digest with the algorithm of DIGEST. */
static int copy(const struct blob *from, int to, const char *digest, char ret_digest[DIGEST_SIZE])
{
	auto_hash struct hash *hash = NULL;
	auto_free char *buf = malloc(CHUNK);
	uint64_t done = 0;
	int r = buf ? hash_new_like(digest, &hash) : -ENOMEM;

	while (r == 0) {
		int64_t n = blob_read(from, done, buf, CHUNK);
		if (n <= 0)
			return n < 0 ? (int)n : hash_final(hash, ret_digest);
		hash_update(hash, buf, (size_t)n);
		done += (uint64_t)n;
		r = fd_write_all(to, buf, (size_t)n);
	}
	return r;
}

static int keep_blob(struct shale_store *store, struct blobs *blobs, const struct part *part,
	const char *id, struct shale_error *err)
{
	auto_blob struct blob from = { .fd = -1 };
	auto_kept_blob struct kept_blob to = KEPT_BLOB_NONE;
	char digest[DIGEST_SIZE];
	int r = blobs_open_digest(blobs, part->digest, &from, err);

	if (r >= 0)
		r = kept_blob_begin(store, &to, err);
	if (r < 0)
		return r;
	r = copy(&from, to.fd, part->digest, digest);
	if (r < 0)
		return error_fail(err, r, "copy it");
	if (strcmp(digest, part->digest) != 0)
		return error_fail_plain(
			err, -EBADMSG, "it is damaged: its content has the digest %s", digest);
	return kept_blob_publish(&to, id, digest, err);
}

int blobs_keep(struct shale_store *store, struct blobs *blobs, const struct parts *parts,
	const struct unpacked *unpacked, struct shale_error *err)
{
	for (size_t i = 0; i < parts->n_layers; i++) {
		const struct part *part = &parts->layers[i];
		if (!*part->digest || !strcmp(part->digest, part->diff_id))
			continue;
		auto_close int there = kept_blob_open(store, unpacked->ids[i], part->digest);
		if (there >= 0)
			continue;
		int r = there == -ENOENT ? keep_blob(store, blobs, part, unpacked->ids[i], err)
					 : there;
		if (r < 0)
			return error_fail(err, r, "keep layer blob %s", part->digest);
	}
	return 0;
}
