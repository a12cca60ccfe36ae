/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/unpack_data.h"

#include "common/archive/zeros.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <stdbool.h>
#include <string.h>

#define PIECE     ((size_t)32 * 1024)
#define ZEROS_MIN 4096

static int write_all(int fd, const char *data, size_t size, int64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pwrite(fd, data + done, size - done, offset + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}

/* Returns the number of bytes from AT to the next multiple of PIECE, but not beyond the block's
 * end. */
static size_t piece_of(const struct tarstream_block *block, size_t at)
{
	size_t size = PIECE - (size_t)((block->offset + (int64_t)at) % (int64_t)PIECE);

	return size < block->size - at ? size : block->size - at;
}

/* Returns how many bytes from AT on must be written: those up to the next piece that is all
 * zeros. */
static size_t data_from(const struct tarstream_block *block, size_t at)
{
	const char *data = block->data;
	size_t end = at;

	while (end < block->size) {
		size_t size = piece_of(block, end);
		if (size >= ZEROS_MIN && data_is_zero(data + end, size))
			break;
		end += size;
	}
	return end - at;
}

/* Writes a block, but skips each aligned PIECE of zeros, which becomes a hole. A layer's tar has
 * zeros instead of holes (see diff.h). A piece may lie in two blocks; then each part is checked
 * alone. RET_END is the end of the file so far. */
static int write_sparsely(int fd, const struct tarstream_block *block, int64_t *ret_end)
{
	const char *data = block->data;
	int r = 0;

	for (size_t at = 0; at < block->size && r == 0;) {
		size_t size = data_from(block, at);
		if (size == 0) {
			at += piece_of(block, at);
			continue;
		}
		r = write_all(fd, data + at, size, block->offset + (int64_t)at);
		at += size;
		*ret_end = block->offset + (int64_t)at;
	}
	return r;
}

/* Refuses a sparse map with overlapping ranges: programs disagree about the data there, so another
 * program would see another file. END is the end of the block before. */
static int check_block(
	const struct tarstream_block *block, int64_t end, int64_t size, struct shale_error *err)
{
	if (block->offset >= end && block->offset <= size &&
		block->size <= (uint64_t)(size - block->offset))
		return 0;
	return error_fail_plain(
		err, -EBADMSG, "its sparse map is damaged: data overlap, or lie beyond its size");
}

int unpack_data(struct tarstream *stream, int fd, int64_t size, struct datasum *datasum,
	struct shale_error *err)
{
	struct tarstream_block block;
	int64_t end = 0, seen = 0;
	int r;

	while ((r = tarstream_data(stream, &block, err)) > 0) {
		r = check_block(&block, seen, size, err);
		if (r < 0)
			return r;
		seen = block.offset + (int64_t)block.size;
		if (datasum)
			datasum_add(datasum, block.offset, block.data, block.size);
		r = write_sparsely(fd, &block, &end);
		if (r < 0)
			return error_fail(err, r, "write its data");
	}
	if (r < 0 || end == size)
		return r;
	r = sys(ftruncate(fd, size));
	return r < 0 ? error_fail(err, r, "set its size") : 0;
}

/* A range without a block is a hole: it reads as zeros. */
int unpack_read(struct tarstream *stream, char *to, size_t size, struct shale_error *err)
{
	struct tarstream_block block;
	size_t end = 0;
	int r;

	while ((r = tarstream_data(stream, &block, err)) > 0) {
		r = check_block(&block, (int64_t)end, (int64_t)size, err);
		if (r < 0)
			return r;
		size_t at = (size_t)block.offset;
		memset(to + end, 0, at - end);
		memcpy(to + at, block.data, block.size);
		end = at + block.size;
	}
	if (r == 0 && end < size)
		memset(to + end, 0, size - end);
	return r;
}

int unpack_write(int fd, const char *data, size_t size, struct shale_error *err)
{
	const struct tarstream_block block = { .data = data, .size = size };
	int64_t end = 0;
	int r = write_sparsely(fd, &block, &end);

	if (r < 0)
		return error_fail(err, r, "write its data");
	r = end == (int64_t)size ? 0 : sys(ftruncate(fd, (off_t)size));
	return r < 0 ? error_fail(err, r, "set its size") : 0;
}
