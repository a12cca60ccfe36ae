/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures reads and writes of big files. The file "data" is in the lower layer; the other files
 * are made here. */
#include "tests/bench/work.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define KIB 1024u
#define MIB (1024u * KIB)

static char *buffer(void)
{
	static char data[MIB];

	if (!data[0])
		memset(data, 1, sizeof(data));

	return data;
}

static int open_data(const struct job *job, const char *name, int flags)
{
	return sys(openat(job->dir, name, flags | O_CLOEXEC, 0644));
}

/* Reads all of "data". Each MiB is an operation. */
static long read_all(const struct job *job)
{
	auto_close int fd = open_data(job, "data", O_RDONLY);
	ssize_t n = 0;
	uint64_t size = 0;

	if (fd < 0)
		return fd;
	while ((n = read(fd, buffer(), 128 * KIB)) > 0)
		size += (uint64_t)n;
	return n < 0 ? -errno : (long)(size / MIB);
}

/* Returns a random place in the file: the same sequence on every side and in every round. */
static uint64_t next_place(uint64_t *state, uint64_t places)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (*state >> 33) % places;
}

static uint64_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static long read_at_random(const struct job *job)
{
	auto_close int fd = open_data(job, "data", O_RDONLY);
	uint32_t n = scaled(job, 20000);
	uint64_t state = 1, pages = fd < 0 ? 0 : size_of(fd) / (4 * KIB);

	if (!pages)
		return fd < 0 ? fd : -EIO;
	for (uint32_t i = 0; i < n; i++)
		if (pread(fd, buffer(), 4 * KIB, (off_t)(next_place(&state, pages) * 4 * KIB)) !=
			4 * KIB)
			return -EIO;
	return n;
}

static long read_by_map(const struct job *job)
{
	auto_close int fd = open_data(job, "data", O_RDONLY);
	uint64_t size = fd < 0 ? 0 : size_of(fd), sum = 0;

	if (!size)
		return fd < 0 ? fd : -EIO;
	const volatile uint8_t *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	for (uint64_t at = 0; at < size; at += 4 * KIB)
		sum += map[at];
	munmap((void *)map, size);
	return sum == 1 ? -EIO : (long)(size / MIB);
}

static int write_file(const struct job *job, const char *name, size_t piece, uint64_t size)
{
	auto_close int fd = open_data(job, name, O_WRONLY | O_CREAT | O_TRUNC);

	if (fd < 0)
		return fd;
	for (uint64_t at = 0; at < size; at += piece)
		if (write(fd, buffer(), piece) != (ssize_t)piece)
			return -EIO;
	return sys(fsync(fd));
}

static long write_big(const struct job *job)
{
	uint32_t n = scaled(job, 512);
	int r = write_file(job, "big-new", MIB, (uint64_t)n * MIB);

	return r < 0 ? r : (long)n;
}

static long write_pages(const struct job *job)
{
	uint32_t n = scaled(job, 16384);
	auto_close int fd = open_data(job, "pages", O_WRONLY | O_CREAT | O_TRUNC);

	if (fd < 0)
		return fd;
	for (uint32_t i = 0; i < n; i++)
		if (write(fd, buffer(), 4 * KIB) != 4 * KIB)
			return -EIO;
	return n;
}

static long write_at_random(const struct job *job)
{
	auto_close int fd = open_data(job, "pages", O_WRONLY);
	uint32_t n = scaled(job, 8192);
	uint64_t state = 2, pages = fd < 0 ? 0 : size_of(fd) / (4 * KIB);

	if (!pages)
		return fd < 0 ? fd : -EIO;
	for (uint32_t i = 0; i < n; i++)
		if (pwrite(fd, buffer(), 4 * KIB, (off_t)(next_place(&state, pages) * 4 * KIB)) !=
			4 * KIB)
			return -EIO;
	return n;
}

/* Writes and syncs small pieces, as a database does. */
static long write_and_sync(const struct job *job)
{
	auto_close int fd = open_data(job, "pages", O_WRONLY);
	uint32_t n = scaled(job, 100);
	uint64_t state = 3, pages = fd < 0 ? 0 : size_of(fd) / (4 * KIB);

	if (!pages)
		return fd < 0 ? fd : -EIO;
	for (uint32_t i = 0; i < n; i++) {
		for (int k = 0; k < 8; k++)
			if (pwrite(fd, buffer(), 4 * KIB,
				    (off_t)(next_place(&state, pages) * 4 * KIB)) != 4 * KIB)
				return -EIO;
		if (fsync(fd) < 0)
			return -errno;
	}
	return n;
}

static long write_by_map(const struct job *job)
{
	auto_close int fd = open_data(job, "pages", O_RDWR);
	uint64_t size = fd < 0 ? 0 : size_of(fd);

	if (!size)
		return fd < 0 ? fd : -EIO;
	uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	for (uint64_t at = 0; at < size; at += 4 * KIB)
		map[at] = 1;
	int r = sys(msync(map, size, MS_SYNC));
	munmap(map, size);
	return r < 0 ? r : (long)(size / MIB);
}

static int read_pages(const struct job *job)
{
	return (int)read_all(job);
}

static long copy_up(const struct job *job)
{
	auto_close int fd = open_data(job, "data", O_WRONLY);
	ssize_t n = fd < 0 ? fd : sys(pwrite(fd, "", 1, 0));

	return n < 0 ? n : (long)(size_of(fd) / MIB);
}

const struct work works_of_data[] = {
	{ "data", "big-read-cold", "a MiB of a big file, first time", NULL, read_all },
	{ "data", "big-read-warm", "a MiB of it again", NULL, read_all },
	{ "data", "random-read", "4 KiB read anywhere", read_pages, read_at_random },
	{ "data", "map-read", "a MiB read through a mapping", NULL, read_by_map },
	{ "data", "big-copy-up", "a MiB of a first write to a big file", NULL, copy_up },
	{ "data", "big-write", "a MiB written in one piece, fsync at the end", NULL, write_big },
	{ "data", "page-write", "4 KiB written to an open file", NULL, write_pages },
	{ "data", "random-write", "4 KiB written anywhere", NULL, write_at_random },
	{ "data", "sync-write", "8 times 4 KiB anywhere and fsync", NULL, write_and_sync },
	{ "data", "map-write", "a MiB of pages dirtied and synced through a mapping", NULL,
		write_by_map },
	{ 0 },
};
