/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/blobs/blobs.h"

#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/archive/digest.h"

void blob_close(struct blob *blob)
{
	cleanup_close(&blob->fd);
	blob->fd = -1;
}

int64_t blob_read(const struct blob *blob, uint64_t offset, void *buf, size_t size)
{
	ssize_t n;

	if (offset >= blob->size)
		return 0;
	if (size > blob->size - offset)
		size = blob->size - offset;
	do
		n = pread(blob->fd, buf, size, blob->at + offset);
	while (n < 0 && errno == EINTR);
	/* The blob ends before its size: the file became shorter. */
	if (n == 0)
		return -EIO;
	return n < 0 ? -errno : n;
}

int blob_read_all(const struct blob *blob, size_t limit, char **ret, size_t *ret_size,
	struct shale_error *err)
{
	if (blob->size > limit)
		return error_fail_plain(err, -EFBIG, "%llu bytes, more than the limit of %zu",
			(unsigned long long)blob->size, limit);
	auto_free char *text = malloc(blob->size + 1);
	if (!text)
		return error_fail(err, -ENOMEM, "read");
	for (uint64_t done = 0; done < blob->size;) {
		int64_t n = blob_read(blob, done, text + done, blob->size - done);
		if (n < 0)
			return error_fail(err, (int)n, "read");
		done += n;
	}
	text[blob->size] = '\0';
	*ret_size = blob->size;
	*ret = steal_ptr(&text);
	return 0;
}

int blobs_open_digest(
	struct blobs *blobs, const char *digest, struct blob *ret, struct shale_error *err)
{
	char name[BLOB_NAME_SIZE];

	if (!digest_is_valid(digest))
		return error_fail_plain(err, -EINVAL,
			"'%.100s' is not a digest (sha256: or sha512:, and its digits)", digest);
	digest_blob_name(digest, name);
	int r = blobs->ops->open(blobs, name, ret, err);
	if (r == -ENOENT) {
		error_clear(err);
		return error_fail_plain(err, r, "blob %s is missing", digest);
	}
	return r < 0 ? error_fail(err, r, "blob %s", digest) : 0;
}

int blobs_read_document(struct blobs *blobs, const char *name, char **ret, size_t *ret_size,
	struct shale_error *err)
{
	auto_blob struct blob blob = { .fd = -1 };
	int r = blobs->ops->open(blobs, name, &blob, err);

	if (r < 0)
		return r;
	r = blob_read_all(&blob, DOCUMENT_LIMIT, ret, ret_size, err);
	return r < 0 ? error_fail(err, r, "%s", name) : 0;
}

void blobs_close(struct blobs *blobs)
{
	if (blobs)
		blobs->ops->close(blobs);
}
