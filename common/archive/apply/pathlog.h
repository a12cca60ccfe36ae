/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths in the order in which they came, with some bytes each. A path takes only the room of what
 * it does not share with the one before it, and many of them lie in a nameless file. */
#pragma once

#include "common/base/spill.h"

struct pathlog {
	struct spill spill;
	char *last; /* the path last written, or read */
	size_t room;
	uint64_t n;
	uint64_t at; /* of what is read next */
	char *extra;
	size_t extra_room;
};
#define PATHLOG ((struct pathlog){ .spill = { .file = -1 } })

int pathlog_add(struct pathlog *log, const char *path, const void *extra, size_t size);
/* Back to the first path, once all are added. */
void pathlog_rewind(struct pathlog *log);
/* 1 and the next path, with its bytes, which both live until the next call; or 0. */
struct pathlog_entry {
	const char *path;
	const void *extra;
	size_t size;
};
int pathlog_next(struct pathlog *log, struct pathlog_entry *ret);
void pathlog_free(struct pathlog *log);
