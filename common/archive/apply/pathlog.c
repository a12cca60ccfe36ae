/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/pathlog.h"

#include "common/base/scope.h"

#include <string.h>

/* The head of one entry. It is followed by the part of the path that differs from the path before,
 * a NUL, and the caller's bytes. */
struct head {
	uint32_t shared, rest, extra;
};

static int grow(char **memory, size_t *room, size_t size)
{
	if (size <= *room)
		return 0;
	char *grown = realloc(*memory, 2 * size);
	if (!grown)
		return -ENOMEM;
	*memory = grown;
	*room = 2 * size;
	return 0;
}

int pathlog_add(struct pathlog *log, const char *path, const void *extra, size_t size)
{
	struct head head = { .extra = (uint32_t)size };
	size_t length = strlen(path) + 1;
	int r = grow(&log->last, &log->room, length);

	if (r < 0)
		return r;
	while (log->n && path[head.shared] && path[head.shared] == log->last[head.shared])
		head.shared++;
	head.rest = (uint32_t)(length - head.shared);
	memcpy(log->last + head.shared, path + head.shared, head.rest);
	r = spill_add(&log->spill, &head, sizeof(head));
	if (r == 0)
		r = spill_add(&log->spill, path + head.shared, head.rest);
	if (r == 0 && size)
		r = spill_add(&log->spill, extra, size);
	log->n += r == 0;
	return r;
}

void pathlog_rewind(struct pathlog *log)
{
	log->at = 0;
}

static int take(struct pathlog *log, void *to, size_t size)
{
	int r = spill_read(&log->spill, log->at, to, size);

	log->at += size;
	return r;
}

int pathlog_next(struct pathlog *log, struct pathlog_entry *ret)
{
	struct head head;

	if (log->at == spill_end(&log->spill))
		return 0;
	int r = take(log, &head, sizeof(head));
	if (r == 0)
		r = grow(&log->last, &log->room, (size_t)head.shared + head.rest);
	if (r == 0)
		r = grow(&log->extra, &log->extra_room, head.extra + 1);
	if (r == 0)
		r = take(log, log->last + head.shared, head.rest);
	if (r == 0 && head.extra)
		r = take(log, log->extra, head.extra);
	if (r < 0)
		return r;
	*ret = (struct pathlog_entry){ log->last, log->extra, head.extra };
	return 1;
}

void pathlog_free(struct pathlog *log)
{
	spill_free(&log->spill);
	free(log->last);
	free(log->extra);
	*log = PATHLOG;
}
