/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strings in bytewise order, with some numbers each. Where they are many, they are kept in a
 * nameless file and not in memory: sorted pieces, which are merged while they are read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Shared by the sorters of one walk: the memory that they may use together, and their file. */
struct sorter_pool {
	size_t held; /* bytes */
	int file;    /* -1: none yet; -2: none can be had, and all stays in memory */
	off_t end;   /* of what is used of the file */
};
#define SORTER_POOL ((struct sorter_pool){ .file = -1 })
void sorter_pool_close(struct sorter_pool *pool);

/* Of one string. TEXT lives until the next call for its sorter. */
struct sorted {
	const char *text;
	uint64_t number;
	uint32_t tag;  /* equal strings come in the order of their tags */
	bool repeated; /* the string is equal to the one before */
};

struct sorter_run;
struct sorter {
	struct sorter_pool *pool; /* set it; all else begins as zeros */
	char *memory;             /* the records that are not in the file */
	size_t used, size;
	uint32_t *offsets; /* of each of them */
	size_t n, room, next;
	struct sorter_run *runs;
	size_t n_runs, current;
	off_t begin; /* of the first run */
	bool begun;  /* to be read */
};

/* All return a negative errno on failure. */
int sorter_add(struct sorter *sorter, const char *text, uint64_t number, uint32_t tag);
/* Once all are added. */
int sorter_finish(struct sorter *sorter);
/* 1 and the next one, or 0. */
int sorter_next(struct sorter *sorter, struct sorted *ret);
/* SORTER will not be read for a while: its buffers go. The last string stays. */
void sorter_rest(struct sorter *sorter);
void sorter_free(struct sorter *sorter);

#define auto_sorter      __attribute__((cleanup(sorter_free)))
#define auto_sorter_pool __attribute__((cleanup(sorter_pool_close)))
