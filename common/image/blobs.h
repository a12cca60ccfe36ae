/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where an image's blobs come from: a directory, the members of an archive file, or one file. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/shale.h"

/* One blob: SIZE bytes of FD from AT on. Read with pread, so that several may share a file. */
struct shale_blob {
	int fd;
	uint64_t at;
	uint64_t size;
};
void shale_blob_close(struct shale_blob *blob);
/* Reads at OFFSET within BLOB: how many, 0 at its end, or a negative errno. */
int64_t shale_blob_read(const struct shale_blob *blob, uint64_t offset, void *buf, size_t size);
/* All of a document: the caller's, with a NUL behind it. -EFBIG above LIMIT bytes. */
int shale_blob_read_all(const struct shale_blob *blob, size_t limit, char **ret, size_t *ret_size,
	struct shale_error *err);

struct shale_blobs;

/* One per kind. */
struct shale_blobs_ops {
	const char *kind;
	/* NAME is relative ("index.json"); the blob is the caller's. -ENOENT. */
	int (*open)(struct shale_blobs *blobs, const char *name, struct shale_blob *ret,
		struct shale_error *err);
	void (*close)(struct shale_blobs *blobs);
};

struct shale_blobs {
	const struct shale_blobs_ops *ops; /* first member of each kind's own struct */
};

/* The files below directory PATH. No symbolic link below it is followed. */
int shale_blobs_dir(const char *path, struct shale_blobs **ret, struct shale_error *err);
/* The members of the tar archive PATH ("-": standard input, as below). A compressed one, or one
 * that cannot be read at any place (a pipe), is unpacked into a nameless file in directory SPOOL
 * first. Members never get a name. */
int shale_blobs_archive(
	const char *path, int spool, struct shale_blobs **ret, struct shale_error *err);
/* The file PATH itself, whatever NAME is asked for. SPOOL as above, for a pipe. */
int shale_blobs_file(
	const char *path, int spool, struct shale_blobs **ret, struct shale_error *err);
/* Makes what shale_blobs_file opened the blobs of an archive. */
int shale_blobs_file_to_archive(struct shale_blobs *blobs, int spool, struct shale_error *err);

/* The blob DIGEST of an OCI layout. -EINVAL if DIGEST is not a digest. */
int shale_blobs_open_digest(struct shale_blobs *blobs, const char *digest, struct shale_blob *ret,
	struct shale_error *err);
/* The JSON document NAME: see shale_blob_read_all. */
int shale_blobs_read_document(struct shale_blobs *blobs, const char *name, char **ret,
	size_t *ret_size, struct shale_error *err);
void shale_blobs_close(struct shale_blobs *blobs);

/* Documents (indexes, manifests, configs) are refused above this: 4 MiB, as registries do. */
#define SHALE_DOCUMENT_LIMIT ((size_t)4 << 20)

static inline void cleanup_blob(struct shale_blob *blob)
{
	shale_blob_close(blob);
}
static inline void cleanup_blobs(struct shale_blobs **blobs)
{
	shale_blobs_close(*blobs);
}
#define auto_blob  __attribute__((cleanup(cleanup_blob)))
#define auto_blobs __attribute__((cleanup(cleanup_blobs)))
