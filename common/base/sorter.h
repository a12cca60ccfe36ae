/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sorts strings bytewise, with some numbers for each. Many strings are written to a nameless file
 * as sorted runs, which are merged while they are read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Shared by the sorters of one walk: a limit on the memory that they use together, and their
 * file. */
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
	uint32_t tag;  /* equal strings come in the order of their tags */
	bool repeated; /* the string is equal to the one before */
};

struct sorter_run;
struct sorter {
	struct sorter_pool *pool; /* set this one; all other fields begin as zeros */
	char *memory;             /* the records that are not in the file */
	size_t used, size;
	uint32_t *offsets; /* offsets of those records in MEMORY */
	size_t n, room, next;
	struct sorter_run *runs;
	size_t n_runs, current;
	off_t begin; /* offset of the first run in the file */
	bool begun;  /* reading has begun */
};

/* All return a negative errno on failure. */
int sorter_add(struct sorter *sorter, const char *text, uint64_t number, uint32_t tag);
/* Ends adding; call it once, before sorter_next. */
int sorter_finish(struct sorter *sorter);
/* Returns 1 and the next string in *RET, or 0 at the end. */
int sorter_next(struct sorter *sorter, struct sorted *ret);
/* Frees the buffers of a SORTER that will not be read for a while. The last string stays valid. */
void sorter_rest(struct sorter *sorter);
void sorter_free(struct sorter *sorter);

#define auto_sorter      __attribute__((cleanup(sorter_free)))
#define auto_sorter_pool __attribute__((cleanup(sorter_pool_close)))
