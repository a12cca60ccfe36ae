/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes POSIX pax archives. libarchive can do that too, but its bytes depend on its version and on
 * the locale; a layer's digest must depend on nothing but the layer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct shale_pax;
struct shale_sparse;

/* OUT stays the caller's. */
struct shale_pax *shale_pax_new(int out);
void shale_pax_free(struct shale_pax *pax);

/* Extended header records of one entry, in the order in which they are added. */
struct shale_pax_records {
	char *data;
	size_t size, room;
};
int shale_pax_record(
	struct shale_pax_records *records, const char *key, const void *value, size_t size);
void shale_pax_records_free(struct shale_pax_records *records);

struct shale_pax_entry {
	const char *path; /* relative; without a slash at the end */
	const char *link; /* target of a symbolic or hard link, else NULL */
	bool hardlink;
	const struct stat *st;                   /* type, mode, owner, size, mtime, device number */
	const struct shale_pax_records *records; /* more of them, or NULL */
	const struct shale_sparse *sparse;       /* the map of a regular file with holes, or NULL */
};

/* All return 0 or a negative errno. After the header of a regular file exactly st_size bytes of
 * data follow, or, with a map, the bytes of its extents; then shale_pax_end_data. -E2BIG: an
 * extended header over 1 MiB, which readers refuse. */
int shale_pax_header(struct shale_pax *pax, const struct shale_pax_entry *entry);
/* Copies SIZE bytes from OFFSET of FD; -ENODATA if it is shorter. */
int shale_pax_copy(struct shale_pax *pax, int fd, int64_t offset, int64_t size);
int shale_pax_write(struct shale_pax *pax, const void *data, size_t size);
int shale_pax_zeros(struct shale_pax *pax, int64_t size);
int shale_pax_end_data(struct shale_pax *pax);
/* The end of the archive. */
int shale_pax_finish(struct shale_pax *pax);

static inline void cleanup_pax(struct shale_pax **pax)
{
	shale_pax_free(*pax);
}
#define auto_pax         __attribute__((cleanup(cleanup_pax)))
#define auto_pax_records __attribute__((cleanup(shale_pax_records_free)))
