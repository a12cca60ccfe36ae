/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data sums of a layer's files, noted by inode number while the files were written, so that they
 * need not be read again. If there are many, the notes lie in a nameless file, and about ten bytes
 * of each stay in memory. */
#pragma once

#include <stdbool.h>

#include "common/archive/datasum.h"
#include "common/store/sums/namestat.h"

struct note {
	ino_t ino;
	struct digest digest; /* the file's data sum */
	bool plain;           /* the file has no xattrs, so STAT and DIGEST are all of it */
	bool stale;           /* the metadata changed afterwards: read the file again */
	struct namestat stat;
};

struct noted;

/* Makes an empty list of notes. Returns NULL without memory. */
struct noted *noted_new(void);
void noted_free(struct noted *noted);

/* Adds a note; called as WROTE of struct apply_spec. Any thread may add. */
int noted_add(struct noted *noted, const struct stat *st, const struct digest *digest, bool plain);
/* Finds the note for the inode number INO, or NULL. Call it when all notes are added. The note is
 * valid until the next call. */
const struct note *noted_find(struct noted *noted, ino_t ino);

static inline void cleanup_noted(struct noted **noted)
{
	noted_free(*noted);
}
#define auto_noted __attribute__((cleanup(cleanup_noted)))
