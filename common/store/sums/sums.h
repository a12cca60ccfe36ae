/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HOME/ID/sums: what an immutable layer holds, so that a change of it is seen. A line of words,
 * then for each name, in the order of common/base/treewalk.h, the 41 bytes of struct sums_head and
 * the name with a NUL. layer.json has the digest of the file itself: without it the file means
 * nothing. Older versions, with whole paths, are read, too: version 2 has no depth, and version 1
 * no struct namestat.
 */
#pragma once

#include "common/base/progress.h"
#include "common/store/sums/filesum.h"
#include "common/store/layer_fields.h"
#include "common/store/sums/namesum.h"
#include "common/shale.h"

#define SUMS_FILE "sums"
#define SUMS_KEY  "sums" /* in layer.json */
#define SUMS_HEX  FILESUM_HEX

struct __attribute__((packed)) sums_head {
	struct namesums sums;
	struct namestat stat;
	uint32_t depth; /* how many names the path is made of: 1 in the root */
};

/* Makes the file in DIR, a layer's directory that has none, of the tree in its diff/. What NOTED
 * (may be NULL) does not know is read. RET: for layer.json. The file still is to be synced. */
int sums_write(struct noted *noted, int dir, char ret[SUMS_HEX], struct shale_error *err);

/* Before something else takes the place of what a layer holds: its layer.json says of no digests,
 * nor of a stream, LAYER's record still does. */
int sums_disclaim(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);

/* Compares the layer in DIR with its file, whose digest is HEX. RET_WHY: what the first difference
 * is, for the caller to free; NULL for none. A negative errno: it cannot be told, and RET_WHY may
 * name what could not be read. -ECANCELED: PROGRESS, which may be NULL, has asked for it. */
int sums_check(int dir, const char *hex, struct progress *progress, char **ret_why);
