/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/parts.h"

#include <archive.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/image_config.h"
#include "common/image/document.h"
#include "common/base/progress.h"
#include "common/image/blobs/spool.h"

enum { CHUNK = 256 * 1024 };

static int hash_stream(struct archive *reader, struct progress *progress, char ret[DIGEST_SIZE],
	struct shale_error *err)
{
	auto_free char *buf = malloc(CHUNK);
	auto_hash struct hash *hash = NULL;
	la_ssize_t n = buf ? hash_new(&hash) : -ENOMEM;

	if (n < 0)
		return error_fail(err, (int)n, "read");
	do {
		n = archive_read_data(reader, buf, CHUNK);
		if (n > 0)
			hash_update(hash, buf, n);
		if (progress_at(progress, (uint64_t)archive_filter_bytes(reader, -1)) < 0)
			return error_fail(err, -ECANCELED, "read");
	} while (n > 0 || n == ARCHIVE_RETRY);
	if (n < 0)
		return spool_fail(reader, err);
	n = progress_end(progress);
	if (n == 0)
		n = hash_final(hash, ret);
	return n < 0 ? error_fail(err, (int)n, "read") : 0;
}

/* Computes the digest of the tar first, because the layer's id comes from it and is needed before
 * the layer is made. */
static int find_diff_id(const struct blob *blob, struct progress *progress, char ret[DIGEST_SIZE],
	struct shale_error *err)
{
	struct archive *reader;

	if (lseek(blob->fd, 0, SEEK_SET) < 0)
		return error_fail(err, -errno, "seek");
	int r = spool_reader(blob->fd, &reader, err);
	if (r < 0)
		return r;
	r = progress_start(progress, "reading", blob->size);
	r = r < 0 ? error_fail(err, r, "read") : hash_stream(reader, progress, ret, err);
	archive_read_free(reader);
	return r;
}

static int make_config(struct parts *parts, const char *diff_id, const struct platform *platform,
	struct shale_error *err)
{
	const time_t now = config_now();
	auto_json json_t *config = config_new(now, platform);

	const struct history_entry entry = { .created = now, .created_by = "shale import" };
	if (!config || config_add_layer(config, diff_id) < 0 ||
		config_add_history(config, &entry) < 0)
		return error_fail(err, -ENOMEM, "make config");
	char *text = document_print(config);
	if (!text)
		return error_fail(err, -ENOMEM, "make config");
	return parts_set_config(parts, text, strlen(text), 1, err);
}

int parts_of_rootfs(struct blobs *blobs, struct progress *progress, const struct platform *platform,
	struct parts *ret, struct shale_error *err)
{
	auto_parts struct parts parts = { 0 };
	auto_blob struct blob blob = { .fd = -1 };
	char diff_id[DIGEST_SIZE];
	int r = blobs->ops->open(blobs, "", &blob, err);

	if (r == 0)
		r = find_diff_id(&blob, progress, diff_id, err);
	if (r == 0)
		r = make_config(&parts, diff_id, platform, err);
	if (r < 0)
		return r;
	parts.layers[0].unvouched = true;
	parts.layers[0].name = strdup("");
	if (!parts.layers[0].name)
		return error_fail(err, -ENOMEM, "read");
	*ret = parts;
	parts = (struct parts){ 0 };
	return 0;
}
