/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/execute.h"

#include "common/base/scope.h"
#include "tests/differential/result.h"
#include "tests/differential/stack.h"

#include <sys/mman.h>
#include <sys/param.h>
#include <sys/stat.h>

static void print_hash(FILE *out, const void *bytes, size_t size)
{
	fprintf(out, " hash=%016llx", (unsigned long long)hash_bytes(HASH_START, bytes, size));
}

static void write_shared(const struct side *side, const struct op *op, FILE *out)
{
	int fd = side->slots[op->slot];
	struct stat st;

	if (!execute_is_regular(fd) || fstat(fd, &st) < 0 || op->offset + op->length > st.st_size ||
		side->read_only[op->slot] || op->length == 0) {
		fputs("nothing to map", out);
		return;
	}
	size_t size = (size_t)st.st_size;
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!print_result(out, map == MAP_FAILED ? -1 : 0))
		return;
	/* Reads only bytes that are stored: on tmpfs a read of a hole through a mapping fills the
	 * hole. */
	content_fill((uint64_t)op->seed, op->offset, map + op->offset, (size_t)op->length);
	fprintf(out, " hash=%016llx",
		(unsigned long long)hash_bytes(HASH_START, map + op->offset, (size_t)op->length));
	fputs(msync(map, size, MS_SYNC) < 0 ? errno_word(errno) : "", out);
	munmap(map, size);
}

/* Whether the bytes are stored data: on tmpfs a look at a hole through a mapping fills the hole. */
static bool is_stored(int fd, off_t offset, off_t end)
{
	off_t page = sysconf(_SC_PAGESIZE), at = lseek(fd, 0, SEEK_CUR);
	off_t hole = lseek(fd, offset / page * page, SEEK_HOLE);

	lseek(fd, at, SEEK_SET);
	return hole >= end;
}

/* Returns how many of the operation's bytes are within SIZE. RET_OFFSET gets the first one's
 * offset. */
static size_t clip(const struct op *op, off_t size, off_t *ret_offset)
{
	*ret_offset = op->offset < size ? op->offset : 0;
	return (size_t)MIN(op->length, size - *ret_offset);
}

static void read_map(const struct side *side, const struct op *op, FILE *out)
{
	auto_close int fd = execute_view(side, op->slot);
	bool private = op->flags == MAP_PRIVATE;
	struct stat st;
	off_t offset = 0;
	size_t length = execute_is_regular(fd) && fstat(fd, &st) == 0
				? clip(op, st.st_size, &offset)
				: 0;

	/* A page fault reads up to 64 KiB around the page: all of that must be stored. */
	if (!length || !is_stored(fd, offset / 65536 * 65536,
			       MIN(st.st_size, roundup(offset + (off_t)length, 65536)))) {
		fputs("nothing to map", out);
		return;
	}
	size_t size = (size_t)st.st_size;
	char *map = mmap(NULL, size, PROT_READ | (private ? PROT_WRITE : 0), (int)op->flags, fd, 0);
	if (!print_result(out, map == MAP_FAILED ? -1 : 0))
		return;
	print_hash(out, map + offset, length);
	if (private) {
		/* This is a private mapping: no other process sees the change. */
		content_fill((uint64_t)op->seed, offset, map + offset, length);
		print_hash(out, map + offset, length);
		ssize_t n = pread(fd, map + offset, length, offset);
		print_hash(out, map + offset, n > 0 ? (size_t)n : 0);
	}
	munmap(map, size);
}

void execute_map(struct side *side, const struct op *op, FILE *out)
{
	if (op->kind == OP_MMAP)
		write_shared(side, op, out);
	else
		read_map(side, op, out);
}
