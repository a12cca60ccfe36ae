/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths in the order in which they came, with some bytes each. A path takes only the room of what
 * it does not share with the one before it, and many of them lie in a nameless file. */
#pragma once

#include "common/spill.h"

struct shale_pathlog {
	struct shale_spill spill;
	char *last; /* the path last written, or read */
	size_t room;
	uint64_t n;
	uint64_t at; /* of what is read next */
	char *extra;
	size_t extra_room;
};
#define SHALE_PATHLOG ((struct shale_pathlog){ .spill = { .file = -1 } })

int shale_pathlog_add(struct shale_pathlog *log, const char *path, const void *extra, size_t size);
/* Back to the first path, once all are added. */
void shale_pathlog_rewind(struct shale_pathlog *log);
/* 1 and the next path, with its bytes, which both live until the next call; or 0. */
struct shale_pathlog_entry {
	const char *path;
	const void *extra;
	size_t size;
};
int shale_pathlog_next(struct shale_pathlog *log, struct shale_pathlog_entry *ret);
void shale_pathlog_free(struct shale_pathlog *log);
