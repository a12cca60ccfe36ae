/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sorts strings bytewise, each with some numbers. If there are many, writes them to a nameless file
 * as sorted runs, and merges the runs while they are read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Shared by the sorters of one walk: limits the memory that they use together, and owns their file.
 */

struct sorter_pool {
	size_t held; /* bytes in memory */
	int file;    /* -1: not made yet; -2: it cannot be made, and all records stay in memory */
	off_t end;   /* size of the used part of the file */
};
#define SORTER_POOL ((struct sorter_pool){ .file = -1 })
void sorter_pool_close(struct sorter_pool *pool);

/* One string and its numbers. TEXT is valid until the next call for its sorter. */
struct sorted {
	const char *text;
	uint64_t number;
	uint32_t tag;  /* equal strings are sorted by their tags */
	bool repeated; /* this string is equal to the previous one */
};

struct sorter_run;
struct sorter {
	struct sorter_pool *pool; /* the caller sets this field; all others begin as zeros */
	char *memory;             /* the records that are not in the file */
	size_t used, size;
	uint32_t *offsets; /* offsets of these records in MEMORY */
	size_t n, room, next;
	struct sorter_run *runs;
	size_t n_runs, current;
	off_t begin; /* offset of the first run in the file */
	bool begun;  /* reading has begun */
};

/* Adds a string with its numbers. Like the functions below, returns a negative errno on failure. */
int sorter_add(struct sorter *sorter, const char *text, uint64_t number, uint32_t tag);
/* Ends the adding. Call it once, before sorter_next. */
int sorter_finish(struct sorter *sorter);
/* Puts the next string into RET and returns 1. Returns 0 at the end. */
int sorter_next(struct sorter *sorter, struct sorted *ret);
/* Frees the buffers of a SORTER that will not be read for a while. The string that was read last
 * stays valid. */
void sorter_rest(struct sorter *sorter);
void sorter_free(struct sorter *sorter);

#define auto_sorter      __attribute__((cleanup(sorter_free)))
#define auto_sorter_pool __attribute__((cleanup(sorter_pool_close)))
