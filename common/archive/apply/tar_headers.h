/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the bytes of the headers before a tar entry as Go's archive/tar does, which is the
 * reader of all engines. libarchive reads several extended headers, empty records, or a GNU long
 * name beside an extended header in another way. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct headers {
	const char *piece; /* the piece of the stream that tar_headers_feed gave last */
	size_t size;
	uint64_t end; /* offset of the piece's end in the stream */
	char *kept;   /* a copy of header bytes that were in earlier pieces */
	size_t n_kept;
	uint64_t from; /* offset in the stream where the headers begin */
	bool failed;   /* the headers are not known: they are too large, or memory ran out */
};

/* A record of an extended header: its key and its value. */
struct record {
	const char *key;
	size_t key_size;
	const char *value;
	size_t size;
};

/* The headers of one entry. All pointers are valid until the next call for these headers. */
struct entry_headers {
	const char *own; /* the entry's ustar header, one block; NULL if the bytes end before it */
	/* offset of OWN in the stream; if there is none, of the end of the bytes */
	uint64_t own_at;
	/* The GNU long names (of the entry and of its target), and the data of the last extended
	 * header. SIZE 0: there is none. */
	struct record name, link, extended;
	unsigned int n_extended; /* number of extended headers, without global ones */
	bool has_more;           /* at least one other header stands before OWN */
	bool damaged;            /* the last extended header is not valid */
};

/* Copies the headers that begin at FROM. Call it before the last piece becomes invalid. */
void tar_headers_keep(struct headers *headers, uint64_t from);
/* Gives the reader the next piece of the stream, which is valid until the next call. */
void tar_headers_feed(struct headers *headers, const void *piece, size_t size);
/* Reads the headers in the bytes FROM to TO of the stream. Of several extended headers or long
 * names only the last one counts; one before a global header does not count. Returns 0 or
 * -ENOMEM, also if the headers have more than 4 MiB. */
int tar_headers_read(
	struct headers *headers, uint64_t from, uint64_t to, struct entry_headers *ret);
typedef void record_fn(void *arg, const struct record *record);
/* Calls FN for each record of the last extended header, in order. */
void tar_headers_each_record(const struct entry_headers *headers, record_fn *fn, void *arg);
void tar_headers_free(struct headers *headers);
