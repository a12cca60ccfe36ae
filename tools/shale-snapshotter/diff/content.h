/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes blobs in containerd's content store, through containerd's socket. */
#pragma once

#include "common/shale.h"
#include "tools/shale-snapshotter/proto/snapshots.pb-c.h"
#include "tools/shale-snapshotter/wire/wire.h"

#define CONTENT_HEADERS_MAX 6

struct content {
	const char *address;
	struct wire_header headers[CONTENT_HEADERS_MAX]; /* names containerd's namespace and lease
							    in each call */
	size_t n_headers;
	char namespace[256], lease[64];
};

/* Prepares calls to the content store at ADDRESS with these headers. */
void content_open(struct content *ret, const char *address, const struct wire_header *headers,
	size_t n_headers);
/* If the headers name no namespace, takes it from KEY, a snapshot's key, which begins with it.
 * containerd does not tell a diff service the namespace (containerd issue 12328). */
void content_choose_namespace(struct content *content, const char *key);

/* Called for the bytes of a blob, in order. */
typedef void content_fn(const void *data, size_t size, void *arg);
/* Reads the SIZE bytes of DIGEST. Fewer or more bytes are an error. */
enum wire_status content_read(const struct content *content, const char *digest, int64_t size,
	content_fn *fn, void *arg, struct shale_error *err);

/* A blob that is being written. If the call came without a lease, a new lease keeps the blob for an
 * hour: otherwise containerd would remove it as garbage before an image names it. */
struct content_writer;
enum wire_status content_begin(struct content *content, const char *ref,
	struct content_writer **ret, struct shale_error *err);
enum wire_status content_write(
	struct content_writer *writer, const void *data, size_t size, struct shale_error *err);
/* Ends the blob, whose digest must be DIGEST, and gives it these labels. A blob that existed before
 * is no error. */
enum wire_status content_commit(struct content_writer *writer, const char *digest,
	Pb__Label **labels, size_t n_labels, struct shale_error *err);
/* Frees the writer, which may be NULL. If the blob was not committed, nothing of it stays. */
void content_end(struct content_writer *writer);
