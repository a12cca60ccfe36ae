/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/copy_data.h"

#include "common/base/scope.h"
#include "common/overlay/sync_before_link.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define CHUNK (1 << 17)
#define PIECE (1 << 23) /* bytes: the disk writes one piece while the next is copied */

/* Lets the disk begin to write at once, if the copy is synced at its end. */
static void start_writing(int to, off_t at, off_t size, enum sync_mode sync_mode)
{
	if (sync_mode != SYNC_MODE_NOT)
		(void)sync_file_range(to, at, size, SYNC_FILE_RANGE_WRITE);
}

static int copy_by_buffer(int to, int from, off_t at, off_t end)
{
	size_t room = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
	auto_free char *buf = malloc(room);

	if (!buf)
		return -ENOMEM;
	while (at < end) {
		size_t want = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
		ssize_t n = pread(from, buf, want, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		for (ssize_t done = 0; done < n;) {
			ssize_t w = pwrite(to, buf + done, (size_t)(n - done), at + done);
			if (w < 0 && errno == EINTR)
				continue;
			if (w < 0)
				return -errno;
			done += w;
		}
		at += n;
	}
	return 0;
}

static int copy_piece(int to, int from, off_t at, off_t end)
{
	while (at < end) {
		off_t in = at, out = at;
		ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(end - at), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
				     errno == EOPNOTSUPP || errno == EPERM))
			return copy_by_buffer(to, from, at, end);
		if (n < 0)
			return -errno;
		/* Some filesystems return 0 for a file that only read(2) can read. */
		if (n == 0)
			return copy_by_buffer(to, from, at, end);
		at += n;
	}
	return 0;
}

static int copy_range(int to, int from, off_t at, off_t end, enum sync_mode sync_mode)
{
	int r = 0;

	for (off_t next; r == 0 && at < end; at = next) {
		next = end - at < PIECE ? end : at + PIECE;
		r = copy_piece(to, from, at, next);
		start_writing(to, at, next - at, sync_mode);
	}
	return r;
}

static int copy_around_holes(int to, int from, off_t end, enum sync_mode sync_mode)
{
	for (off_t at = 0; at < end;) {
		off_t data = lseek(from, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = at;
		off_t hole = lseek(from, data, SEEK_HOLE);
		if (hole <= data || hole > end)
			hole = end;
		int r = data < end ? copy_range(to, from, data, hole, sync_mode) : 0;
		if (r < 0)
			return r;
		at = hole;
	}
	return sys(ftruncate(to, end));
}

/* Shares the blocks of FROM. Remembers a filesystem that cannot share blocks, so as not to ask
 * again for each file. */
static bool share_blocks(int to, int from, const struct stat *st)
{
	static _Atomic(dev_t) shares_none;

	if (st->st_dev == shares_none)
		return false;
	if (ioctl(to, FICLONE, from) == 0)
		return true;
	if (errno == EOPNOTSUPP)
		shares_none = st->st_dev;
	return false;
}

int copy_data(int to, int from, const struct stat *known, uint64_t size, enum sync_mode sync_mode)
{
	struct stat st;
	int r = 0;

	if (size == 0)
		return COPIED_NOTHING;
	if (known)
		st = *known;
	else
		r = sys(fstat(from, &st));
	if (r < 0)
		return r;
	if ((off_t)size == st.st_size && share_blocks(to, from, &st))
		return COPIED_SHARED;
	bool small_and_dense = size <= CHUNK && st.st_blocks * 512 >= st.st_size;
	if (small_and_dense) {
		r = copy_by_buffer(to, from, 0, (off_t)size);
		start_writing(to, 0, (off_t)size, sync_mode);
	} else {
		r = copy_around_holes(to, from, (off_t)size, sync_mode);
	}
	return r < 0 ? r : COPIED_DATA;
}
