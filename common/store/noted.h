/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was known of a layer's files, by inode number, while they were written. Many of them lie in
 * a nameless file; some ten bytes of each stay in memory. */
#pragma once

#include <stdbool.h>

#include "common/archive/datasum.h"
#include "common/store/namestat.h"

struct shale_note {
	ino_t ino;
	struct shale_digest digest; /* of the data */
	bool plain;                 /* STAT is known, as there are no xattrs */
	struct shale_namestat stat;
};

struct shale_noted;

/* NULL: no memory. */
struct shale_noted *shale_noted_new(void);
void shale_noted_free(struct shale_noted *noted);

/* As struct shale_apply_spec tells it. Any thread may add. */
int shale_noted_add(struct shale_noted *noted, const struct stat *st,
	const struct shale_digest *digest, bool plain);
/* Once nothing is added any more. NULL: nothing is known of INO. What it gives lives until the next
 * call. */
const struct shale_note *shale_noted_find(struct shale_noted *noted, ino_t ino);

static inline void cleanup_noted(struct shale_noted **noted)
{
	shale_noted_free(*noted);
}
#define auto_noted __attribute__((cleanup(cleanup_noted)))
