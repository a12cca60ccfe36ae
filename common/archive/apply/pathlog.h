/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of paths in the order in which they were added. Each path may carry bytes of the caller
 * (EXTRA). Stores only the part of a path that differs from the path before; a long list is kept in
 * a nameless file (spill.h). */
#pragma once

#include "common/base/spill.h"

struct pathlog {
	struct spill spill;
	char *last; /* the path that was last added or read */
	size_t room;
	uint64_t n;
	uint64_t at; /* offset of the next entry to read */
	char *extra;
	size_t extra_room;
};
#define PATHLOG ((struct pathlog){ .spill = { .file = -1 } })

int pathlog_add(struct pathlog *log, const char *path, const void *extra, size_t size);
/* Goes back to the first path. Call it when all paths are added. */
void pathlog_rewind(struct pathlog *log);
/* One entry of the log. Its path and bytes are valid until the next call. */
struct pathlog_entry {
	const char *path;
	const void *extra;
	size_t size;
};
int pathlog_next(struct pathlog *log, struct pathlog_entry *ret);
void pathlog_free(struct pathlog *log);
