/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one name of a layer's tree is, and the digest of its data. */
#pragma once

#include <sys/types.h>

#include "common/archive/datasum.h"
#include "common/store/namestat.h"
#include "common/treewalk.h"

/* What was known of files, by inode number, while they were written. Any thread may add. */
struct shale_noted;
struct shale_noted *shale_noted_new(void);
void shale_noted_free(struct shale_noted *noted);
/* As struct shale_apply_spec tells it. */
int shale_noted_add(struct shale_noted *noted, const struct stat *st,
	const struct shale_digest *digest, bool plain);

struct shale_namesum;
/* NOTED, the caller's, saves reading the files that it has; may be NULL. NULL: no memory. */
struct shale_namesum *shale_namesum_new(struct shale_noted *noted);
void shale_namesum_free(struct shale_namesum *sum);

struct shale_namesums {
	uint8_t type;             /* DT_REG, ... */
	struct shale_digest data; /* of a regular file, or a link's target; else zeros */
};
int shale_namesum_get(struct shale_namesum *sum, const struct shale_treewalk_name *at,
	struct shale_namesums *ret);
int shale_namesum_stat(struct shale_namesum *sum, const struct shale_treewalk_name *at,
	struct shale_namestat *ret);

static inline void cleanup_noted(struct shale_noted **noted)
{
	shale_noted_free(*noted);
}
static inline void cleanup_namesum(struct shale_namesum **sum)
{
	shale_namesum_free(*sum);
}
#define auto_noted   __attribute__((cleanup(cleanup_noted)))
#define auto_namesum __attribute__((cleanup(cleanup_namesum)))
