/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the bytes of the headers before a tar entry as Go's archive/tar does, which is the reader
 * of all engines. libarchive has other answers where a stream has several extended headers, empty
 * records, or a GNU long name beside an extended header.
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
	uint64_t from; /* offset of the headers in the stream */
	bool failed;   /* the headers are too large, or memory ran out: they are not known */
};

/* A piece of a header: of a record its key and value. */
struct record {
	const char *key;
	size_t key_size;
	const char *value;
	size_t size;
};

/* The headers of one entry. All pointers are valid until the next call for these headers. */
struct entry_headers {
	const char *own; /* the entry's own header, a block; NULL: the bytes end before it */
	uint64_t own_at; /* its offset in the stream, or that of the end of the bytes */
	/* The GNU long names, and the data of the extended header that counts; SIZE 0: none. */
	struct record name, link, extended;
	unsigned int n_extended; /* how many extended headers, global ones not counted */
	bool has_more;           /* something comes before the own header */
	bool damaged;            /* the extended header that counts is not valid */
};

/* Keeps the headers that begin at FROM; call it before the last piece becomes invalid. */
void tar_headers_keep(struct headers *headers, uint64_t from);
/* Takes the next piece, which is valid until the next call. */
void tar_headers_feed(struct headers *headers, const void *piece, size_t size);
/* Reads the headers in the bytes FROM to TO of the stream. Of several extended headers or long
 * names only the last one counts, and none that comes before a global header. -ENOMEM, also where
 * they hold more than 4 MiB. */
int headers_read(struct headers *headers, uint64_t from, uint64_t to, struct entry_headers *ret);
typedef void record_fn(void *arg, const struct record *record);
/* Calls FN for each record of the extended header that counts, in order. */
void tar_headers_each_record(const struct entry_headers *headers, record_fn *fn, void *arg);
void tar_headers_free(struct headers *headers);
