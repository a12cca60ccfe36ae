/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bytes of the headers in front of a tar entry, for what libarchive does not tell: the sign of
 * a time between -1 and 0, which it reads as one behind 0; and which record an xattr comes from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct headers {
	const char *piece; /* of the stream, which was fed last */
	size_t size;
	uint64_t end; /* of the piece, in the stream */
	char *kept;   /* what earlier pieces had of the headers */
	size_t n_kept;
	uint64_t from; /* where the headers begin */
	bool failed;   /* they are too large, or there was no memory: nothing is known of them */
};

/* Before the last piece goes, while headers that begin at FROM are being read. */
void headers_keep(struct headers *headers, uint64_t from);
/* The next piece, which lives until the next call. */
void headers_feed(struct headers *headers, const void *piece, size_t size);
/* Whether the extended headers of the entry whose headers take the bytes from FROM to TO say a
 * negative number for KEY, "mtime" or "atime". */
bool headers_is_negative(struct headers *headers, uint64_t from, uint64_t to, const char *key);
/* A record of an extended header; both are within the header. */
struct record {
	const char *key;
	size_t key_size;
	const char *value;
	size_t size;
};
typedef void record_fn(void *arg, const struct record *record);
/* Each record of that entry's own extended header, in order; of several headers only those of the
 * last one, as in Go's reader. -ENOMEM. */
int headers_each_record(
	struct headers *headers, uint64_t from, uint64_t to, record_fn *fn, void *arg);
void headers_free(struct headers *headers);
