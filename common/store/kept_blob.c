/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/kept_blob.h"

#include "common/archive/digest.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/layer.h"
#include "common/store/files/smallfile.h"
#include "common/base/wholeio.h"
#include "common/store/layer_lock.h"
#include "common/store/kept_blob_name.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define CHUNK ((size_t)256 * 1024)

struct file_name {
	char text[sizeof(KEPT_BLOB_PREFIX) + DIGEST_SIZE];
};

static struct file_name name_of(const char *digest)
{
	struct file_name name;

	snprintf(name.text, sizeof(name.text), KEPT_BLOB_PREFIX "%s", digest_hex(digest));
	return name;
}

int kept_blob_begin(const struct shale_store *store, struct kept_blob *ret, struct shale_error *err)
{
	auto_kept_blob struct kept_blob blob = KEPT_BLOB_NONE;
	int r = staging_begin(store, &blob.staging, err);

	if (r < 0)
		return r;
	blob.fd = sys(openat(blob.staging.dir, "blob",
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (blob.fd < 0)
		return error_fail(err, blob.fd, "make a file in staging/");
	*ret = blob;
	blob = KEPT_BLOB_NONE;
	return 0;
}

int kept_blob_publish(
	struct kept_blob *blob, const char *id, const char *digest, struct shale_error *err)
{
	const struct shale_store *store = blob->staging.store;
	auto_layer struct layer layer = LAYER_NONE;
	int r = sys(fsync(blob->fd));

	if (r < 0)
		return error_fail(err, r, "write a blob");
	auto_close int lock = layer_lock(store, id, err);
	if (lock < 0)
		return lock;
	r = layer_open(store, id, &layer, err);
	if (r < 0)
		return r;
	r = sys(renameat(blob->staging.dir, "blob", layer.dir, name_of(digest).text));
	if (r == 0)
		r = sys(fsync(layer.dir));
	return r < 0 ? error_fail(err, r, "keep the blob of layer '%s'", id) : 0;
}

void kept_blob_end(struct kept_blob *blob)
{
	cleanup_close(&blob->fd);
	staging_end(&blob->staging);
	*blob = KEPT_BLOB_NONE;
}

int kept_blob_open(struct shale_store *store, const char *id, const char *digest)
{
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, NULL);

	return r < 0 ? r : smallfile_open(layer.dir, name_of(digest).text);
}

static int hash_file(int fd, struct hash *hash)
{
	auto_free char *buf = malloc(CHUNK);
	ssize_t n = buf ? 1 : -ENOMEM;

	while (n > 0) {
		n = fd_read_all(fd, buf, CHUNK);
		if (n > 0)
			hash_update(hash, buf, (size_t)n);
	}
	return (int)n;
}

int kept_blob_check(int dir, const char *name)
{
	char claimed[DIGEST_SIZE], digest[DIGEST_SIZE];
	auto_hash struct hash *hash = NULL;
	auto_close int fd = smallfile_open(dir, name);

	if (fd < 0)
		return fd == -ELOOP || fd == -EINVAL ? 0 : fd;
	int r = kept_blob_name_digest(name, claimed) ? hash_new_like(claimed, &hash) : -EINVAL;
	if (r == 0)
		r = hash_file(fd, hash);
	if (r == 0)
		r = hash_final(hash, digest);
	if (r < 0)
		return r;
	return !strcmp(claimed, digest);
}
