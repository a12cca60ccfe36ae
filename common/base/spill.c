/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/spill.h"

#include "common/base/scope.h"
#include "common/base/nameless.h"

#include <string.h>

#define MOST    ((size_t)8 * 1024 * 1024) /* bytes that may stay in memory */
#define WINDOW  ((size_t)16 * 1024)
#define NO_FILE (-2)

static int write_out(struct spill *spill)
{
	size_t done = 0;

	if (spill->file == -1) {
		spill->file = nameless_open_temporary();
		if (spill->file < 0)
			spill->file = NO_FILE;
	}
	if (spill->file < 0)
		return 0;
	while (done < spill->used) {
		ssize_t n = pwrite(spill->file, spill->memory + done, spill->used - done,
			(off_t)(spill->written + done));
		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	spill->written += spill->used;
	spill->used = 0;
	return 0;
}

int spill_add(struct spill *spill, const void *data, size_t size)
{
	int r = spill->used + size > MOST && spill->used ? write_out(spill) : 0;

	if (r < 0)
		return r;
	if (spill->used + size > spill->size) {
		size_t grown = 2 * spill->size + size + 256;
		char *memory = realloc(spill->memory, grown);
		if (!memory)
			return -ENOMEM;
		spill->memory = memory;
		spill->size = grown;
	}
	memcpy(spill->memory + spill->used, data, size);
	spill->used += size;
	return 0;
}

static int read_file(const struct spill *spill, uint64_t at, char *to, size_t size)
{
	while (size > 0) {
		ssize_t n = pread(spill->file, to, size, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		to += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/* Moves the window to offset AT and reads more than is needed, because small reads mostly follow
 * each other. */
static int move_window(struct spill *spill, uint64_t at)
{
	uint64_t left = spill->written - at;

	if (!spill->window)
		spill->window = malloc(WINDOW);
	if (!spill->window)
		return -ENOMEM;
	spill->window_at = at;
	spill->window_size = 0;
	size_t size = left < WINDOW ? (size_t)left : WINDOW;
	int r = read_file(spill, at, spill->window, size);
	spill->window_size = r < 0 ? 0 : size;
	return r;
}

static int read_written(struct spill *spill, uint64_t at, void *to, size_t size)
{
	if (size > WINDOW / 2)
		return read_file(spill, at, to, size);
	if (at < spill->window_at || at + size > spill->window_at + spill->window_size) {
		int r = move_window(spill, at);
		if (r < 0)
			return r;
	}
	memcpy(to, spill->window + (at - spill->window_at), size);
	return 0;
}

int spill_read(struct spill *spill, uint64_t at, void *to, size_t size)
{
	uint64_t in_file = at < spill->written ? spill->written - at : 0;
	size_t n = in_file < size ? (size_t)in_file : size;
	int r = n ? read_written(spill, at, to, n) : 0;

	if (r == 0 && n < size)
		memcpy((char *)to + n, spill->memory + (at + n - spill->written), size - n);
	return r;
}

void spill_free(struct spill *spill)
{
	free(spill->memory);
	free(spill->window);
	if (spill->file >= 0)
		close(spill->file);
	*spill = SPILL;
}
