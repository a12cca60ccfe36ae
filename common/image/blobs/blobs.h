/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens an image's blobs in a directory, among the members of an archive file, or in one file. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/shale.h"

/* One blob: the SIZE bytes at AT of FD. It is read with pread, so several blobs may share a
 * file. */
struct blob {
	int fd;
	uint64_t at;
	uint64_t size;
};
void blob_close(struct blob *blob);
/* Reads at OFFSET within BLOB; returns the number of bytes, 0 at its end, or a negative errno. */
int64_t blob_read(const struct blob *blob, uint64_t offset, void *buf, size_t size);
/* Reads a whole document, with a NUL behind it, for the caller to free. -EFBIG above LIMIT
 * bytes. */
int blob_read_all(const struct blob *blob, size_t limit, char **ret, size_t *ret_size,
	struct shale_error *err);

struct blobs;

/* One for each kind. */
struct blobs_ops {
	const char *kind;
	/* NAME is relative ("index.json"); the blob is the caller's. -ENOENT. */
	int (*open)(
		struct blobs *blobs, const char *name, struct blob *ret, struct shale_error *err);
	void (*close)(struct blobs *blobs);
};

struct blobs {
	const struct blobs_ops *ops; /* first member of each kind's own struct */
};

/* The files below directory PATH. No symbolic link below it is followed. */
int blobs_dir(const char *path, struct blobs **ret, struct shale_error *err);
/* The members of the tar archive PATH ("-": standard input, as below). A compressed archive, or one
 * without random access (a pipe), is first unpacked into a nameless file in directory SPOOL. No
 * member gets a name. */
int blobs_archive(const char *path, int spool, struct blobs **ret, struct shale_error *err);
/* The file PATH itself, for every NAME. SPOOL as above, for a pipe. */
int blobs_file(const char *path, int spool, struct blobs **ret, struct shale_error *err);
/* Turns the result of blobs_file into the blobs of an archive. */
int blobs_file_to_archive(struct blobs *blobs, int spool, struct shale_error *err);

/* The blob DIGEST of an OCI layout. -EINVAL if DIGEST is not a digest. */
int blobs_open_digest(
	struct blobs *blobs, const char *digest, struct blob *ret, struct shale_error *err);
/* The JSON document NAME: see blob_read_all. */
int blobs_read_document(struct blobs *blobs, const char *name, char **ret, size_t *ret_size,
	struct shale_error *err);
void blobs_close(struct blobs *blobs);

/* Larger documents (indexes, manifests, configs) are refused: 4 MiB, as registries do. */
#define DOCUMENT_LIMIT ((size_t)4 << 20)

static inline void cleanup_blob(struct blob *blob)
{
	blob_close(blob);
}
static inline void cleanup_blobs(struct blobs **blobs)
{
	blobs_close(*blobs);
}
#define auto_blob  __attribute__((cleanup(cleanup_blob)))
#define auto_blobs __attribute__((cleanup(cleanup_blobs)))
