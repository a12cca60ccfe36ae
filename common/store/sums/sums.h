/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME/ID/sums: a digest of each name in an immutable layer, which shows later changes. The file
 * has a line of words, then for each name, in the order of common/base/treewalk.h, the 41 bytes
 * of struct sums_head and the name with a NUL. layer.json has the digest of the file itself;
 * without that digest the file is ignored. Older versions, with whole paths, are read, too:
 * version 2 has no depth, and version 1 no struct namestat. */
#pragma once

#include "common/base/progress.h"
#include "common/store/sums/filesum.h"
#include "common/store/layer_fields.h"
#include "common/store/sums/namesum.h"
#include "common/shale.h"

#define SUMS_FILE "sums"
#define SUMS_KEY  "sums" /* the key in layer.json for the file sum of "sums" */
#define SUMS_HEX  FILESUM_HEX

struct __attribute__((packed)) sums_head {
	struct namesums sums;
	struct namestat stat;
	uint32_t depth; /* number of names in the path: 1 in the root */
};

/* Makes the file in DIR, the directory of a layer that has none yet, for the tree in its diff/.
 * Reads only files whose digest is not in NOTED, which may be NULL. RET is the digest for
 * layer.json. The caller syncs the file. */
int sums_write(struct noted *noted, int dir, char ret[SUMS_HEX], struct shale_error *err);

/* Removes the digests and the kept stream from LAYER's layer.json, but not from LAYER's record in
 * memory. Call it before the layer's content is replaced, because they would not match then. */
int sums_disclaim(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);

/* Compares the layer in DIR with its file "sums", whose own digest is HEX. RET_WHY is the first
 * difference in words, which the caller frees; NULL: none. Returns a negative errno if a file could
 * not be read; RET_WHY may then name it. Returns -ECANCELED if PROGRESS, which may be NULL, asked
 * to stop. */
int sums_check(int dir, const char *hex, struct progress *progress, char **ret_why);
