/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map of a file with large holes: where its data are, as a sparse entry of a tar has it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A file with at least this many bytes of holes is written as a sparse entry. */
#define SPARSE_HOLES ((int64_t)256 << 20)

struct extent {
	int64_t offset, size;
};

struct sparse {
	struct extent *extents; /* sorted; each a multiple of 4096 bytes, up to the file's end */
	size_t n, room;
	int64_t data;     /* sum of the bytes in all extents */
	int64_t realsize; /* size of the file */
};

/*
 * Finds the data of the regular file FD of SIZE bytes, in two steps: what the filesystem calls a
 * hole is not read, and 64 KiB of zeros and more are a hole, too, so that the map does not depend
 * on the filesystem. 1; 0 if its holes are too few; or a negative errno. RET is the caller's to
 * free if 1.
 *
 * As a text the map takes less than 1 MiB, the most that Go's reader takes: in a file of very many
 * holes the shortest ones count as data.
 */
int sparse_find(int fd, int64_t size, struct sparse *ret);
/* The map in the form of GNU tar's sparse format 1.0, without padding, for the caller to free. */
int sparse_text(const struct sparse *sparse, char **ret, size_t *ret_size);
void sparse_free(struct sparse *sparse);

#define auto_sparse __attribute__((cleanup(sparse_free)))
