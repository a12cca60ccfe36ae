/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one name of a layer's tree is, and the digest of its data. */
#pragma once

#include "common/archive/datasum.h"
#include "common/store/namestat.h"
#include "common/store/noted.h"
#include "common/treewalk.h"

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

static inline void cleanup_namesum(struct shale_namesum **sum)
{
	shale_namesum_free(*sum);
}
#define auto_namesum __attribute__((cleanup(cleanup_namesum)))
