/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens an image's blobs in a directory, among the members of an archive file, or in a single
 * file. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/shale.h"

/* One blob: the SIZE bytes at AT of FD. A blob is read with pread, so several blobs may share a
 * file. */
struct blob {
	int fd;
	uint64_t at;
	uint64_t size;
};
void blob_close(struct blob *blob);
/* Reads at OFFSET within BLOB; returns the number of bytes, 0 at its end, or a negative errno. */
int64_t blob_read(const struct blob *blob, uint64_t offset, void *buf, size_t size);
/* Reads a whole document and adds a NUL. The caller frees *RET. Returns -EFBIG above LIMIT
 * bytes. */
int blob_read_all(const struct blob *blob, size_t limit, char **ret, size_t *ret_size,
	struct shale_error *err);

struct blobs;

/* The operations of one kind of source. */
struct blobs_ops {
	const char *kind;
	/* Opens the blob NAME, a relative path ("index.json"). The blob is the caller's. Returns
	 * -ENOENT if there is none. */
	int (*open)(
		struct blobs *blobs, const char *name, struct blob *ret, struct shale_error *err);
	void (*close)(struct blobs *blobs);
};

struct blobs {
	const struct blobs_ops *ops; /* first member of each kind's own struct */
};

/* Opens the files below directory PATH as blobs. Follows no symbolic link below it. */
int blobs_dir(const char *path, struct blobs **ret, struct shale_error *err);
/* Opens the members of the tar archive PATH ("-": standard input) as blobs. If the archive is
 * compressed, or is a pipe, it cannot be read at any offset: it is first unpacked into a nameless
 * file in the directory SPOOL. No member gets a name on the disk. */
int blobs_archive(const char *path, int spool, struct blobs **ret, struct shale_error *err);
/* Opens the file PATH as the blob of every NAME. SPOOL is for a pipe, as in blobs_archive. */
int blobs_file(const char *path, int spool, struct blobs **ret, struct shale_error *err);
/* Converts BLOBS, a result of blobs_file, into the members of the archive in that file. */
int blobs_file_to_archive(struct blobs *blobs, int spool, struct shale_error *err);

/* Opens the blob DIGEST of an OCI layout. Returns -EINVAL if DIGEST is not a digest. */
int blobs_open_digest(
	struct blobs *blobs, const char *digest, struct blob *ret, struct shale_error *err);
/* Reads the JSON document NAME as blob_read_all does. */
int blobs_read_document(struct blobs *blobs, const char *name, char **ret, size_t *ret_size,
	struct shale_error *err);
void blobs_close(struct blobs *blobs);

/* The most bytes of a document (index, manifest, config): 4 MiB, as for registries. */
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
