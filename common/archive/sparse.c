/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/sparse.h"

#include "common/archive/zeros.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>

#define BLOCK           4096
#define PIECE           ((size_t)256 * 1024)
#define SPARSE_HOLE_MIN ((int64_t)64 * 1024)
/* the most bytes of extents in the map's text; leaves room for their number */
#define TEXT_MAX ((size_t)1024 * 1024 - 512)
#define MOST     ((size_t)256 * 1024) /* the most extents in memory at once */

static int64_t end_of(const struct extent *extent)
{
	return extent->offset + extent->size;
}

static int by_size(const void *left, const void *right)
{
	const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* Finds how long the COUNT-th shortest hole between two extents is, and how many of the COUNT
 * shortest holes have exactly this length. */
static int find_length(const struct sparse *sparse, size_t count, int64_t *ret, size_t *ret_equal)
{
	auto_free int64_t *holes = reallocarray(NULL, sparse->n, sizeof(*holes));

	if (!holes)
		return -ENOMEM;
	for (size_t i = 1; i < sparse->n; i++)
		holes[i - 1] = sparse->extents[i].offset - end_of(&sparse->extents[i - 1]);
	qsort(holes, sparse->n - 1, sizeof(*holes), by_size);
	*ret = holes[count - 1];
	*ret_equal = 1;
	while (*ret_equal < count && holes[count - 1 - *ret_equal] == *ret)
		++*ret_equal;
	return 0;
}

/* Turns the COUNT shortest holes into data. Of holes with equal length it takes the first ones. */
static int fill_holes(struct sparse *sparse, size_t count)
{
	struct extent *last = sparse->extents;
	int64_t length = 0;
	size_t equal = 0;
	int r = find_length(sparse, count, &length, &equal);

	if (r < 0)
		return r;
	for (size_t i = 1; i < sparse->n; i++) {
		const struct extent *next = &sparse->extents[i];
		int64_t hole = next->offset - end_of(last);
		bool fill = hole < length || (hole == length && equal > 0);
		if (hole == length && equal > 0)
			equal--;
		if (fill)
			last->size = end_of(next) - last->offset;
		else
			*++last = *next;
	}
	sparse->n = (size_t)(last - sparse->extents) + 1;
	return 0;
}

static size_t text_size(const struct sparse *sparse)
{
	size_t size = 0;

	for (size_t i = 0; i < sparse->n; i++)
		size += (size_t)snprintf(NULL, 0, "%" PRId64 "\n%" PRId64 "\n",
			sparse->extents[i].offset, sparse->extents[i].size);
	return size;
}

/* Turns holes into data until the map's text is short enough: an extent takes at most 40 bytes. */
static int fit_text(struct sparse *sparse)
{
	size_t size;
	int r = 0;

	while (r == 0 && (size = text_size(sparse)) > TEXT_MAX)
		r = fill_holes(sparse, (size - TEXT_MAX) / 40 + 1);
	return r;
}

static int add_extent(struct sparse *sparse, const struct extent *extent)
{
	int r = sparse->n == MOST ? fill_holes(sparse, MOST / 2) : 0;

	if (r < 0)
		return r;
	if (sparse->n == sparse->room) {
		size_t room = 2 * sparse->room + 64;
		void *grown = reallocarray(sparse->extents, room, sizeof(*sparse->extents));
		if (!grown)
			return -ENOMEM;
		sparse->extents = grown;
		sparse->room = room;
	}
	sparse->extents[sparse->n++] = *extent;
	return 0;
}

static int add_data(struct sparse *sparse, int64_t offset, int64_t size)
{
	struct extent *last = sparse->n ? &sparse->extents[sparse->n - 1] : NULL;

	if (!last || offset - end_of(last) >= SPARSE_HOLE_MIN)
		return add_extent(sparse, &(struct extent){ offset, size });
	last->size = offset + size - last->offset;
	return 0;
}

static int add_blocks(struct sparse *sparse, int64_t offset, const char *data, size_t size)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at < size; at += BLOCK) {
		size_t n = size - at < BLOCK ? size - at : BLOCK;
		if (!data_is_zero(data + at, n))
			r = add_data(sparse, offset + (int64_t)at, (int64_t)n);
	}
	return r;
}

/* Reads a piece of the file. A file that became shorter is no error here: the later copy of its
 * data reports that. */
static ssize_t read_piece(int fd, char *buf, size_t size, int64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = sys(pread(fd, buf + done, size - done, offset + (int64_t)done));
		if (n < 0 && n != -EINTR)
			return n;
		if (n == 0)
			break;
		if (n > 0)
			done += (size_t)n;
	}
	return (ssize_t)done;
}

static int add_range(struct sparse *sparse, int fd, int64_t from, int64_t to)
{
	auto_free char *buf = malloc(PIECE);
	int r = buf ? 0 : -ENOMEM;

	for (ssize_t n = 0; r == 0 && from < to; from += n) {
		n = read_piece(
			fd, buf, to - from < (int64_t)PIECE ? (size_t)(to - from) : PIECE, from);
		if (n <= 0)
			return (int)n;
		r = add_blocks(sparse, from, buf, (size_t)n);
	}
	return r;
}

/* Finds the next range of whole blocks, at or behind AT, in which the filesystem has data.
 * Returns false if there is none. */
static bool next_range(int fd, int64_t at, int64_t size, struct extent *ret)
{
	off_t data = sys(lseek(fd, at, SEEK_DATA));

	if (at >= size || data == -ENXIO || data >= size)
		return false;
	if (data < 0)
		data = at;
	off_t hole = sys(lseek(fd, data, SEEK_HOLE));
	if (hole <= data || hole > size - BLOCK)
		hole = size;
	else
		hole = (hole + BLOCK - 1) / BLOCK * BLOCK;
	ret->offset = data / BLOCK * BLOCK;
	ret->size = hole - ret->offset;
	return true;
}

static int64_t holes_of(int fd, int64_t size)
{
	struct extent range = { 0, 0 };
	int64_t holes = size;

	while (next_range(fd, end_of(&range), size, &range))
		holes -= range.size;
	return holes;
}

int sparse_find(int fd, int64_t size, struct sparse *ret)
{
	auto_sparse struct sparse sparse = { .realsize = size };
	struct extent range = { 0, 0 };
	int r = 0;

	if (size <= SPARSE_HOLES || holes_of(fd, size) <= SPARSE_HOLES)
		return 0;
	while (r == 0 && next_range(fd, end_of(&range), size, &range))
		r = add_range(&sparse, fd, range.offset, end_of(&range));
	if (r == 0)
		r = fit_text(&sparse);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sparse.n; i++)
		sparse.data += sparse.extents[i].size;
	*ret = sparse;
	sparse.extents = NULL;
	return 1;
}

int sparse_text(const struct sparse *sparse, char **ret, size_t *ret_size)
{
	const struct extent *last = sparse->n ? &sparse->extents[sparse->n - 1] : NULL;
	/* An empty extent tells GNU tar of a hole at the end. */
	bool ends_in_hole = !last || end_of(last) < sparse->realsize;
	FILE *to = open_memstream(ret, ret_size);

	if (!to)
		return -ENOMEM;
	fprintf(to, "%zu\n", sparse->n + ends_in_hole);
	for (size_t i = 0; i < sparse->n; i++)
		fprintf(to, "%" PRId64 "\n%" PRId64 "\n", sparse->extents[i].offset,
			sparse->extents[i].size);
	if (ends_in_hole)
		fprintf(to, "%" PRId64 "\n0\n", sparse->realsize);
	bool failed = ferror(to);
	if (fclose(to) == 0 && !failed)
		return 0;
	free(*ret);
	return -ENOMEM;
}

void sparse_free(struct sparse *sparse)
{
	free(sparse->extents);
	sparse->extents = NULL;
}
