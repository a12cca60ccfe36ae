/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/sorter.h"

#include "common/base/scope.h"
#include "common/base/nameless.h"

#include <string.h>

/* POOL_MAX limits the memory of all sorters in a pool. A sorter writes at least LEAST bytes to the
 * file at once. */
#define POOL_MAX ((size_t)32 * 1024 * 1024)
#define LEAST    ((size_t)64 * 1024)
#define BUFFER   ((size_t)8 * 1024)
#define NO_FILE  (-2)

/* The head of a record, which the record's string follows. In the file, the first SHARED bytes of
 * the string equal those of the string before it, and are left out. */
struct head {
	uint64_t number;
	uint32_t tag;
	uint32_t shared; /* used in the file only */
};

/* A sorted run in the file, and the next record to be read from it. */
struct sorter_run {
	off_t at, end; /* the part of the run that is not yet in the buffer */
	char *buffer;
	size_t position, filled;
	struct head head;
	char *text;
	size_t room;
	bool ended;
};

void sorter_pool_close(struct sorter_pool *pool)
{
	if (pool->file >= 0)
		close(pool->file);
	*pool = SORTER_POOL;
}

/* ---- in memory ---- */

static struct head head_at(const struct sorter *sorter, size_t i)
{
	struct head head;

	memcpy(&head, sorter->memory + sorter->offsets[i], sizeof(head));
	return head;
}

static const char *text_at(const struct sorter *sorter, size_t i)
{
	return sorter->memory + sorter->offsets[i] + sizeof(struct head);
}

static int by_text(const void *left, const void *right, void *arg)
{
	const char *a = (char *)arg + *(const uint32_t *)left;
	const char *b = (char *)arg + *(const uint32_t *)right;
	struct head x, y;
	int r = strcmp(a + sizeof(x), b + sizeof(y));

	if (r != 0)
		return r;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x.tag < y.tag ? -1 : x.tag > y.tag;
}

static void sort_memory(struct sorter *sorter)
{
	if (sorter->n > 1)
		qsort_r(sorter->offsets, sorter->n, sizeof(*sorter->offsets), by_text,
			sorter->memory);
}

static void drop_memory(struct sorter *sorter)
{
	sorter->pool->held -= sorter->size + sorter->room * sizeof(*sorter->offsets);
	free(sorter->memory);
	free(sorter->offsets);
	sorter->memory = NULL;
	sorter->offsets = NULL;
	sorter->n = sorter->room = sorter->used = sorter->size = 0;
}

static int resize(struct sorter *sorter, size_t size, size_t room)
{
	char *memory = realloc(sorter->memory, size);
	uint32_t *offsets;

	if (!memory)
		return -ENOMEM;
	sorter->memory = memory;
	sorter->pool->held += size - sorter->size;
	sorter->size = size;
	offsets = reallocarray(sorter->offsets, room, sizeof(*offsets));
	if (!offsets)
		return -ENOMEM;
	sorter->offsets = offsets;
	sorter->pool->held += (room - sorter->room) * sizeof(*offsets);
	sorter->room = room;
	return 0;
}

/* ---- to the file ---- */

static int write_at(int fd, const char *data, size_t size, off_t *at)
{
	while (size > 0) {
		ssize_t n = pwrite(fd, data, size, *at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
		*at += n;
	}
	return 0;
}

static uint32_t count_shared(const char *a, const char *b)
{
	uint32_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/* Writes the sorted records to the pool's file, after its last run. */
static int write_records(struct sorter *sorter, FILE *to)
{
	const char *last = "";

	for (size_t i = 0; i < sorter->n; i++) {
		struct head head = head_at(sorter, i);
		const char *text = text_at(sorter, i);
		head.shared = count_shared(last, text);
		fwrite_unlocked(&head, sizeof(head), 1, to);
		fputs_unlocked(text + head.shared, to);
		putc_unlocked(0, to);
		last = text;
	}
	return ferror(to) ? -EIO : 0;
}

struct target {
	int fd;
	off_t at;
	int error;
};

static ssize_t write_target(void *cookie, const char *data, size_t size)
{
	struct target *target = cookie;
	int r = write_at(target->fd, data, size, &target->at);

	if (r < 0)
		target->error = r;
	return r < 0 ? 0 : (ssize_t)size;
}

static int add_run(struct sorter *sorter, off_t begin, off_t end)
{
	struct sorter_run *runs = reallocarray(sorter->runs, sorter->n_runs + 1, sizeof(*runs));

	if (!runs)
		return -ENOMEM;
	sorter->runs = runs;
	if (sorter->n_runs == 0)
		sorter->begin = begin;
	runs[sorter->n_runs++] = (struct sorter_run){ .at = begin, .end = end };
	sorter->pool->end = end;
	return 0;
}

static int write_run(struct sorter *sorter)
{
	struct target target = { .fd = sorter->pool->file, .at = sorter->pool->end };
	const cookie_io_functions_t functions = { .write = write_target };
	FILE *to = fopencookie(&target, "w", functions);

	if (!to)
		return -ENOMEM;
	int r = write_records(sorter, to);
	if (fclose(to) != 0 && r == 0)
		r = -EIO;
	if (target.error < 0)
		r = target.error;
	return r < 0 ? r : add_run(sorter, sorter->pool->end, target.at);
}

/* Moves the records to the file and returns 0. Returns 1 if no file can be made: then they stay in
 * memory. */
static int spill(struct sorter *sorter)
{
	struct sorter_pool *pool = sorter->pool;

	if (pool->file == -1) {
		pool->file = nameless_open_temporary();
		if (pool->file < 0)
			pool->file = NO_FILE;
	}
	if (pool->file < 0)
		return 1;
	sort_memory(sorter);
	int r = write_run(sorter);
	if (r == 0)
		drop_memory(sorter);
	return r;
}

/* ---- adding ---- */

static int make_room(struct sorter *sorter, size_t length)
{
	size_t need = sorter->used + length;
	size_t room = sorter->n == sorter->room ? 2 * sorter->room + 8 : sorter->room;
	size_t size = need > sorter->size ? 2 * need + 256 : sorter->size;

	if (need > UINT32_MAX)
		return -ENOMEM;
	return size == sorter->size && room == sorter->room ? 0 : resize(sorter, size, room);
}

int sorter_add(struct sorter *sorter, const char *text, uint64_t number, uint32_t tag)
{
	const struct head head = { .number = number, .tag = tag };
	size_t length = strlen(text) + 1;
	int r = 0;

	if (sorter->used > LEAST && sorter->used + length + sizeof(head) > sorter->size &&
		sorter->pool->held > POOL_MAX / 2)
		r = spill(sorter);
	if (r >= 0)
		r = make_room(sorter, sizeof(head) + length);
	if (r < 0)
		return r;
	memcpy(sorter->memory + sorter->used, &head, sizeof(head));
	memcpy(sorter->memory + sorter->used + sizeof(head), text, length);
	sorter->offsets[sorter->n++] = (uint32_t)sorter->used;
	sorter->used += sizeof(head) + length;
	return 0;
}

/* ---- reading ---- */

static int fill(struct sorter *sorter, struct sorter_run *run)
{
	size_t size = run->end - run->at < (off_t)BUFFER ? (size_t)(run->end - run->at) : BUFFER;
	ssize_t n;

	if (!run->buffer)
		run->buffer = malloc(BUFFER);
	if (!run->buffer)
		return -ENOMEM;
	do
		n = pread(sorter->pool->file, run->buffer, size, run->at);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -EIO;
	run->at += n;
	run->position = 0;
	run->filled = (size_t)n;
	return 0;
}

static int take_head(struct sorter *sorter, struct sorter_run *run)
{
	char *to = (char *)&run->head;
	int r = 0;

	for (size_t left = sizeof(run->head); left > 0 && r == 0;) {
		size_t n = run->filled - run->position;
		if (n == 0) {
			r = fill(sorter, run);
			continue;
		}
		n = n < left ? n : left;
		memcpy(to, run->buffer + run->position, n);
		run->position += n;
		to += n;
		left -= n;
	}
	return r;
}

static int make_text_room(struct sorter_run *run, size_t size)
{
	if (size <= run->room)
		return 0;
	char *text = realloc(run->text, 2 * size);
	if (!text)
		return -ENOMEM;
	run->text = text;
	run->room = 2 * size;
	return 0;
}

/* Reads the rest of a string, up to its NUL. */
static int take_text(struct sorter *sorter, struct sorter_run *run)
{
	size_t length = run->head.shared;
	int r = 0;

	for (bool whole = false; r == 0 && !whole;) {
		size_t left = run->filled - run->position;
		const char *from = left ? run->buffer + run->position : NULL;
		const char *end = left ? memchr(from, 0, left) : NULL;
		size_t n = end ? (size_t)(end - from) + 1 : left;
		r = n ? make_text_room(run, length + n) : fill(sorter, run);
		if (n == 0 || r < 0)
			continue;
		memcpy(run->text + length, from, n);
		length += n;
		run->position += n;
		whole = end != NULL;
	}
	return r;
}

static int advance(struct sorter *sorter, struct sorter_run *run)
{
	if (run->at == run->end && run->position == run->filled) {
		run->ended = true;
		return 0;
	}
	int r = take_head(sorter, run);
	return r < 0 ? r : take_text(sorter, run);
}

static bool comes_before(const struct sorter_run *a, const struct sorter_run *b)
{
	int r = strcmp(a->text, b->text);

	return r < 0 || (r == 0 && a->head.tag < b->head.tag);
}

static int read_runs(struct sorter *sorter, struct sorted *ret)
{
	struct sorter_run *runs = sorter->runs, *first = NULL, *last = &runs[sorter->current];
	auto_free char *before = NULL;
	int r = 0;

	if (sorter->begun) {
		before = strdup(last->text);
		r = before ? advance(sorter, last) : -ENOMEM;
	}
	for (size_t i = 0; i < sorter->n_runs && r == 0 && !sorter->begun; i++)
		r = advance(sorter, &runs[i]);
	sorter->begun = true;
	for (size_t i = 0; i < sorter->n_runs && r == 0; i++)
		if (!runs[i].ended && (!first || comes_before(&runs[i], first)))
			first = &runs[i];
	if (r < 0 || !first)
		return r;
	sorter->current = (size_t)(first - runs);
	*ret = (struct sorted){ first->text, first->head.number, first->head.tag,
		before && !strcmp(before, first->text) };
	return 1;
}

int sorter_finish(struct sorter *sorter)
{
	int r = 1;

	if (sorter->n > 0 && (sorter->n_runs || sorter->pool->held > POOL_MAX))
		r = spill(sorter);
	if (r <= 0 || !sorter->n)
		return r < 0 ? r : 0;
	sort_memory(sorter);
	return resize(sorter, sorter->used, sorter->n);
}

int sorter_next(struct sorter *sorter, struct sorted *ret)
{
	if (sorter->n_runs)
		return read_runs(sorter, ret);
	if (sorter->next == sorter->n)
		return 0;
	size_t i = sorter->next++;
	struct head head = head_at(sorter, i);
	const char *text = text_at(sorter, i);
	*ret = (struct sorted){ text, head.number, head.tag,
		i > 0 && !strcmp(text, text_at(sorter, i - 1)) };
	return 1;
}

void sorter_rest(struct sorter *sorter)
{
	for (size_t i = 0; i < sorter->n_runs; i++) {
		struct sorter_run *run = &sorter->runs[i];
		run->at -= (off_t)(run->filled - run->position);
		run->position = run->filled = 0;
		free(run->buffer);
		run->buffer = NULL;
	}
}

void sorter_free(struct sorter *sorter)
{
	if (!sorter->pool)
		return;
	for (size_t i = 0; i < sorter->n_runs; i++) {
		free(sorter->runs[i].buffer);
		free(sorter->runs[i].text);
	}
	/* Sorters end in reverse order, like a stack, so the end of the file can be used again. */
	if (sorter->n_runs && sorter->runs[sorter->n_runs - 1].end == sorter->pool->end)
		sorter->pool->end = sorter->begin;
	free(sorter->runs);
	drop_memory(sorter);
	*sorter = (struct sorter){ 0 };
}
