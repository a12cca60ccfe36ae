/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The name sum: the digests of one name in a layer's tree, one of its inode and one of its data. */
#pragma once

#include "common/archive/datasum.h"
#include "common/store/sums/namestat.h"
#include "common/store/sums/noted.h"
#include "common/base/treewalk.h"

struct namesum;
/* Makes an object that computes name sums. A file whose digest is in NOTED is not read again; NOTED
 * may be NULL, and stays the caller's. Returns NULL without memory. */
struct namesum *namesum_new(struct noted *noted);
void namesum_free(struct namesum *sum);

struct namesums {
	uint8_t type; /* DT_REG, ... */
	/* data sum of a regular file, or digest of a link's target; else zeros */
	struct digest data;
};
int namesum_get(struct namesum *sum, const struct treewalk_name *at, struct namesums *ret);
int namesum_stat(struct namesum *sum, const struct treewalk_name *at, struct namestat *ret);

static inline void cleanup_namesum(struct namesum **sum)
{
	namesum_free(*sum);
}
#define auto_namesum __attribute__((cleanup(cleanup_namesum)))
