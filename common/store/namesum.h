/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one name of a layer's tree is, and the digest of its data. */
#pragma once

#include <sys/types.h>

#include "common/archive/datasum.h"
#include "common/treewalk.h"

/* The digests of data, by inode number, that were seen while the files were written. */
struct shale_noted;
struct shale_noted *shale_noted_new(void);
void shale_noted_free(struct shale_noted *noted);
/* NOTED as void, for struct shale_apply_spec. */
int shale_noted_add(void *noted, ino_t ino, const struct shale_digest *digest, bool plain);

struct shale_namesum;
/* NOTED, the caller's, saves reading the files that it has; may be NULL. NULL: no memory. */
struct shale_namesum *shale_namesum_new(struct shale_noted *noted);
void shale_namesum_free(struct shale_namesum *sum);

struct shale_namesums {
	uint8_t type;             /* DT_REG, ... */
	struct shale_digest data; /* of a regular file, or a link's target; else zeros */
};
/* RET_PLAIN: it is known to have no xattrs. */
int shale_namesum_get(struct shale_namesum *sum, const struct shale_treewalk_name *at,
	struct shale_namesums *ret, bool *ret_plain);

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
