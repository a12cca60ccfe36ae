/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map of a file with large holes, as a sparse entry of a tar has it: the ranges with data. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A file with at least this many bytes of holes is written as a sparse entry. */
#define SPARSE_HOLES ((int64_t)256 << 20)

struct extent {
	int64_t offset, size;
};

struct sparse {
	struct extent *extents; /* ranges with data, sorted; each a multiple of 4096 bytes, up to
				   the file's end */
	size_t n, room;
	int64_t data;     /* sum of the bytes in all extents */
	int64_t realsize; /* size of the file */
};

/* Finds the ranges with data of the regular file FD of SIZE bytes. First it skips the holes that
 * the filesystem reports; then 64 KiB of zeros or more also count as a hole, so that the map does
 * not depend on the filesystem. Returns 1 and RET, which the caller frees; 0 if the holes are too
 * small; or a negative errno.
 *
 * The map's text takes less than 1 MiB, which is the most that Go's reader accepts: if a file has
 * very many holes, the shortest ones count as data. */
int sparse_find(int fd, int64_t size, struct sparse *ret);
/* Writes the map as text in GNU tar's sparse format 1.0, without padding. The caller frees *RET. */
int sparse_text(const struct sparse *sparse, char **ret, size_t *ret_size);
void sparse_free(struct sparse *sparse);

#define auto_sparse __attribute__((cleanup(sparse_free)))
