/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The digests of one name in a layer's tree: one of its inode, one of its data. */
#pragma once

#include "common/archive/datasum.h"
#include "common/store/sums/namestat.h"
#include "common/store/sums/noted.h"
#include "common/base/treewalk.h"

struct namesum;
/* Makes the memory for such digests. NOTED, which may be NULL and stays the caller's, saves
 * reading the files that it has. Returns NULL without memory. */
struct namesum *namesum_new(struct noted *noted);
void namesum_free(struct namesum *sum);

struct namesums {
	uint8_t type;       /* DT_REG, ... */
	struct digest data; /* digest of a regular file's data or of a link's target; else zeros */
};
int namesum_get(struct namesum *sum, const struct treewalk_name *at, struct namesums *ret);
int namesum_stat(struct namesum *sum, const struct treewalk_name *at, struct namestat *ret);

static inline void cleanup_namesum(struct namesum **sum)
{
	namesum_free(*sum);
}
#define auto_namesum __attribute__((cleanup(cleanup_namesum)))
