/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the bytes of the headers before a tar entry, for three facts that libarchive does not give:
 * the sign of a time between -1 and 0, which it reads as positive; the record that an xattr comes
 * from; and the target of a link that only an extended header has.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct headers {
	const char *piece; /* the piece of the stream that was fed last */
	size_t size;
	uint64_t end; /* offset of the piece's end in the stream */
	char *kept;   /* bytes of the headers from earlier pieces */
	size_t n_kept;
	uint64_t from; /* where the headers begin in the stream */
	bool failed;   /* they are too large, or memory ran out: nothing is known of them */
};

/* Keeps the headers that begin at FROM; call it before the last piece becomes invalid. */
void headers_keep(struct headers *headers, uint64_t from);
/* Takes the next piece, which is valid until the next call. */
void headers_feed(struct headers *headers, const void *piece, size_t size);
/* Whether the extended headers in the bytes FROM to TO give a negative number for KEY, "mtime" or
 * "atime". */
bool headers_is_negative(struct headers *headers, uint64_t from, uint64_t to, const char *key);
/* A record of an extended header; both point into the header. */
struct record {
	const char *key;
	size_t key_size;
	const char *value;
	size_t size;
};
typedef void record_fn(void *arg, const struct record *record);
/* Calls FN for each record of the entry's own extended header, in order. If there are several
 * headers only the last one counts, as in Go's reader. -ENOMEM. */
int headers_each_record(
	struct headers *headers, uint64_t from, uint64_t to, record_fn *fn, void *arg);
/* The type in the entry's own header, or 0 if the bytes FROM to TO end before it, and the target
 * that a GNU long name or else the last extended header gives; NULL if none does. The target is the
 * caller's. -ENOMEM. */
int headers_link(
	struct headers *headers, uint64_t from, uint64_t to, char *ret_type, char **ret_target);
void headers_free(struct headers *headers);
