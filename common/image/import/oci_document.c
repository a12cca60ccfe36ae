/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/oci_document.h"

#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"

int oci_document_read(struct blobs *blobs, const struct descriptor *descriptor, char **ret,
	size_t *ret_size, struct shale_error *err)
{
	auto_blob struct blob blob = { .fd = -1 };
	auto_free char *text = NULL;
	char digest[DIGEST_SIZE];
	size_t size;
	int r = blobs_open_digest(blobs, descriptor->digest, &blob, err);

	if (r < 0)
		return r;
	if (descriptor->size != SIZE_UNKNOWN && blob.size != descriptor->size)
		return error_fail_plain(err, -EBADMSG,
			"blob %s has %llu bytes, its descriptor says %llu", descriptor->digest,
			(unsigned long long)blob.size, (unsigned long long)descriptor->size);
	r = blob_read_all(&blob, DOCUMENT_LIMIT, &text, &size, err);
	if (r >= 0)
		r = digest_like(descriptor->digest, text, size, digest);
	if (r < 0)
		return error_fail(err, r, "blob %s", descriptor->digest);
	if (strcmp(digest, descriptor->digest) != 0)
		return error_fail_plain(err, -EBADMSG,
			"blob %s is damaged: its content has the digest %s", descriptor->digest,
			digest);
	*ret = steal_ptr(&text);
	*ret_size = size;
	return 0;
}

int oci_document_parse(struct blobs *blobs, const struct descriptor *descriptor, char **ret_text,
	json_t **ret, struct shale_error *err)
{
	auto_free char *text = NULL;
	size_t size;
	int r = oci_document_read(blobs, descriptor, &text, &size, err);

	if (r < 0)
		return r;
	r = document_parse(text, size, ret, err);
	if (r < 0)
		return error_fail(err, r, "blob %s", descriptor->digest);
	*ret_text = steal_ptr(&text);
	return 0;
}
