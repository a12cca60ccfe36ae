/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/powerloss/log.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 4096

struct log {
	const char *bytes;
	size_t size;
	size_t at; /* offset of the next record */
};

struct record {
	struct log_header header;
	const char *bytes;
};

static bool log_open(const char *path, struct log *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(path);
		return false;
	}
	*ret = (struct log){ .size = (size_t)st.st_size };
	ret->bytes = mmap(NULL, ret->size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return ret->bytes != MAP_FAILED;
}

static bool next(struct log *log, struct record *ret)
{
	if (log->at + sizeof(ret->header) > log->size)
		return false;
	memcpy(&ret->header, log->bytes + log->at, sizeof(ret->header));
	ret->bytes = log->bytes + log->at + sizeof(ret->header);
	log->at += sizeof(ret->header) + ret->header.length;
	return log->at <= log->size;
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Applies the whole RECORD, or with STATE a random choice of its pages. */
static bool apply(int image, const struct record *record, uint64_t *state)
{
	for (uint32_t done = 0, n; done < record->header.length; done += n) {
		off_t at = (off_t)(record->header.offset + done);
		n = (uint32_t)(PIECE - at % PIECE);
		if (n > record->header.length - done)
			n = record->header.length - done;
		if (state && random_next(state) >> 32 & 1)
			continue;
		if (pwrite(image, record->bytes + done, n, at) != (ssize_t)n)
			return false;
	}
	return true;
}

/* Chooses how many of the records between this flush and the next one came before the cut. */
static uint64_t choose_cut(struct log log, uint64_t *state)
{
	struct record record;
	uint64_t n = 0;

	while (next(&log, &record) && record.header.kind != LOG_FLUSH)
		n++;
	return random_next(state) % (n + 1);
}

int count(const char *path)
{
	struct record record;
	struct log log;
	uint64_t n = 0;

	if (!log_open(path, &log))
		return 1;
	while (next(&log, &record))
		n += record.header.kind == LOG_FLUSH;
	printf("%llu\n", (unsigned long long)n);
	return 0;
}

int replay(const char *path, const char *image_path, uint64_t flush, uint64_t seed)
{
	int image = open(image_path, O_RDWR | O_CLOEXEC);
	uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1, left = UINT64_MAX;
	struct record record;
	struct log log;

	if (image < 0 || !log_open(path, &log)) {
		perror(image_path);
		return 1;
	}
	if (flush == 0)
		left = seed ? choose_cut(log, &state) : 0;
	for (uint64_t flushes = 0; left && next(&log, &record);) {
		bool loose = flushes >= flush;
		if (record.header.kind == LOG_FLUSH && ++flushes == flush)
			left = seed ? choose_cut(log, &state) + 1 : 1;
		else if (record.header.kind == LOG_MARK)
			printf("%.*s", (int)record.header.length, record.bytes);
		else if (record.header.kind == LOG_WRITE &&
			 !apply(image, &record, loose ? &state : NULL))
			return 1;
		if (flushes >= flush)
			left--;
	}
	return close(image) == 0 ? 0 : 1;
}
