/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/blobs.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/archive/digest.h"

void shale_blob_close(struct shale_blob *blob)
{
	cleanup_close(&blob->fd);
	blob->fd = -1;
}

int64_t shale_blob_read(const struct shale_blob *blob, uint64_t offset, void *buf, size_t size)
{
	ssize_t n;

	if (offset >= blob->size)
		return 0;
	if (size > blob->size - offset)
		size = blob->size - offset;
	do
		n = pread(blob->fd, buf, size, blob->at + offset);
	while (n < 0 && errno == EINTR);
	/* The file has become shorter since its size was taken. */
	if (n == 0)
		return -EIO;
	return n < 0 ? -errno : n;
}

int shale_blob_read_all(const struct shale_blob *blob, size_t limit, char **ret, size_t *ret_size,
	struct shale_error *err)
{
	if (blob->size > limit)
		return shale_fail_plain(err, -EFBIG, "%llu bytes, more than the limit of %zu",
			(unsigned long long)blob->size, limit);
	auto_free char *text = malloc(blob->size + 1);
	if (!text)
		return shale_fail(err, -ENOMEM, "read");
	for (uint64_t done = 0; done < blob->size;) {
		int64_t n = shale_blob_read(blob, done, text + done, blob->size - done);
		if (n < 0)
			return shale_fail(err, (int)n, "read");
		done += n;
	}
	text[blob->size] = '\0';
	*ret_size = blob->size;
	*ret = steal_ptr(&text);
	return 0;
}

int shale_blobs_open_digest(struct shale_blobs *blobs, const char *digest, struct shale_blob *ret,
	struct shale_error *err)
{
	char name[SHALE_BLOB_NAME_SIZE];

	if (!shale_digest_is_valid(digest))
		return shale_fail_plain(err, -EINVAL,
			"'%.100s' is not a digest (sha256: or sha512:, and its digits)", digest);
	shale_digest_blob_name(digest, name);
	int r = blobs->ops->open(blobs, name, ret, err);
	if (r == -ENOENT) {
		shale_error_clear(err);
		return shale_fail_plain(err, r, "blob %s is missing", digest);
	}
	return r < 0 ? shale_fail(err, r, "blob %s", digest) : 0;
}

int shale_blobs_read_document(struct shale_blobs *blobs, const char *name, char **ret,
	size_t *ret_size, struct shale_error *err)
{
	auto_blob struct shale_blob blob = { .fd = -1 };
	int r = blobs->ops->open(blobs, name, &blob, err);

	if (r < 0)
		return r;
	r = shale_blob_read_all(&blob, SHALE_DOCUMENT_LIMIT, ret, ret_size, err);
	return r < 0 ? shale_fail(err, r, "%s", name) : 0;
}

void shale_blobs_close(struct shale_blobs *blobs)
{
	if (blobs)
		blobs->ops->close(blobs);
}
