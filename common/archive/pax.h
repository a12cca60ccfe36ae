/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes POSIX pax archives. libarchive's output depends on its version and on the locale, but a
 * layer's digest must depend only on the layer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/base/progress.h"

struct pax;
struct sparse;

/* Makes a writer of an archive to OUT. OUT stays the caller's. */
struct pax *pax_new(int out);
void pax_free(struct pax *pax);
/* Reports written bytes to PROGRESS. PROGRESS may be NULL, and may cancel the writing. */
void pax_tell(struct pax *pax, struct progress *progress);

/* Extended header records of one entry, in the order in which they are added. */
struct pax_records {
	char *data;
	size_t size, room;
};
int pax_record(struct pax_records *records, const char *key, const void *value, size_t size);
void pax_records_free(struct pax_records *records);

struct pax_entry {
	const char *path; /* relative; without a slash at the end */
	const char *link; /* target of a symbolic or hard link, else NULL */
	bool hardlink;
	const struct stat *st;             /* type, mode, owner, size, mtime, device number */
	const struct pax_records *records; /* further records of the extended header, or NULL */
	const struct sparse *sparse;       /* the map of a regular file with holes, or NULL */
};

/* Writes the header of ENTRY. After a regular file's header exactly st_size bytes of data must
 * follow, or, with a map, the bytes of its extents; then pax_end_data. Returns 0 or a negative
 * errno, like all functions here; -E2BIG for an extended header over 1 MiB, which readers
 * refuse. */
int pax_header(struct pax *pax, const struct pax_entry *entry);
/* Copies SIZE bytes from OFFSET of FD to the archive. Returns -ENODATA if FD is shorter. */
int pax_copy(struct pax *pax, int fd, int64_t offset, int64_t size);
int pax_write(struct pax *pax, const void *data, size_t size);
int pax_zeros(struct pax *pax, int64_t size);
int pax_end_data(struct pax *pax);
/* Writes the archive's end mark. */
int pax_finish(struct pax *pax);

static inline void cleanup_pax(struct pax **pax)
{
	pax_free(*pax);
}
#define auto_pax         __attribute__((cleanup(cleanup_pax)))
#define auto_pax_records __attribute__((cleanup(pax_records_free)))
