/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several processes write, map, cut and read the same files of a mount, each in its own slots,
 *which share pages with those of others. Of each file there is a plain copy outside, to which the
 *same is done: what is read must be what is there.
 *
 *	torture FILES MOUNTED PLAIN PROCESSES OPERATIONS SEED
 *
 * MOUNTED and PLAIN hold the same files, called 0 to FILES - 1. The first mismatch ends it.
 */
#include "common/base/scope.h"
#include "tests/differential/rng.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { SLOT = 3001, TAIL = 50000, MOST_FILES = 16, PAGE = 4096 };

struct file {
	char path[256];
	uint8_t *plain; /* a shared mapping of the plain copy */
	int plain_fd;
	off_t size; /* size without the tail, which one of the processes cuts off and appends to */
};

struct worker {
	struct rng rng;
	unsigned int number, workers;
	struct file *files;
	unsigned int n_files;
};

static _Noreturn void fail(const struct file *file, const char *what, off_t at)
{
	fprintf(stderr, "torture: %s: %s at %lld: %s\n", file->path, what, (long long)at,
		errno ? strerror(errno) : "other bytes than were written");
	exit(EXIT_FAILURE);
}

static void compare(
	const struct file *file, const uint8_t *seen, off_t at, size_t size, const char *how)
{
	for (size_t i = 0; i < size; i++)
		if (seen[i] != file->plain[at + (off_t)i]) {
			errno = 0;
			fail(file, how, at + (off_t)i);
		}
}

/* Chooses one of this worker's slots. */
static size_t pick(struct worker *worker, const struct file *file, off_t *ret_at)
{
	uint64_t slots = (uint64_t)file->size / SLOT / worker->workers;
	uint64_t slot = rng_below(&worker->rng, slots) * worker->workers + worker->number;
	size_t from = rng_below(&worker->rng, SLOT), room = SLOT - from;

	*ret_at = (off_t)(slot * SLOT + from);
	return 1 + rng_below(&worker->rng, room);
}

static void fill(struct worker *worker, uint8_t *data, size_t size)
{
	uint64_t word = rng_next(&worker->rng);

	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(word >> i % 8 * 8) ^ (uint8_t)i;
}

static void write_slot(struct worker *worker, struct file *file)
{
	uint8_t data[SLOT];
	off_t at;
	size_t size = pick(worker, file, &at);
	auto_close int fd = open(file->path, O_WRONLY | O_CLOEXEC);

	fill(worker, data, size);
	if (fd < 0 || pwrite(fd, data, size, at) != (ssize_t)size)
		fail(file, "write", at);
	memcpy(file->plain + at, data, size);
	if (rng_chance(&worker->rng, 5) && fsync(fd) < 0)
		fail(file, "fsync", at);
}

static void store_slot(struct worker *worker, struct file *file)
{
	off_t at;
	size_t size = pick(worker, file, &at), into = (size_t)at % PAGE;
	auto_close int fd = open(file->path, O_RDWR | O_CLOEXEC);
	uint8_t *map = mmap(
		NULL, into + size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at - (off_t)into);

	if (fd < 0 || map == MAP_FAILED)
		fail(file, "map", at);
	compare(file, map + into, at, size, "load");
	fill(worker, map + into, size);
	memcpy(file->plain + at, map + into, size);
	if (rng_chance(&worker->rng, 30) && msync(map, into + size, MS_SYNC) < 0)
		fail(file, "msync", at);
	munmap(map, into + size);
}

static void read_slot(struct worker *worker, struct file *file)
{
	uint8_t data[SLOT];
	off_t at;
	size_t size = pick(worker, file, &at);
	auto_close int fd = open(file->path, O_RDONLY | O_CLOEXEC);

	errno = 0;
	if (fd < 0 || pread(fd, data, size, at) != (ssize_t)size)
		fail(file, "read", at);
	compare(file, data, at, size, "read");
}

static void load_slot(struct worker *worker, struct file *file)
{
	off_t at;
	size_t size = pick(worker, file, &at), into = (size_t)at % PAGE;
	auto_close int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	int kind = rng_chance(&worker->rng, 50) ? MAP_PRIVATE : MAP_SHARED;
	uint8_t *map = mmap(NULL, into + size, PROT_READ, kind, fd, at - (off_t)into);

	if (fd < 0 || map == MAP_FAILED)
		fail(file, "map", at);
	compare(file, map + into, at, size, "load");
	munmap(map, into + size);
}

/* If a FUSE kernel gets a link count after the removal of another name and before it counts down
 * itself, it takes the file for removed until it gets the next count: see doc/semantics.md. */
static int link_again(const char *path, const char *name)
{
	struct stat st;
	int r = link(path, name);

	return r < 0 && errno == ENOENT && stat(path, &st) == 0 && st.st_nlink > 0
		       ? link(path, name)
		       : r;
}

/* Changes only metadata, so that the file is copied up in another way. */
static void touch(struct worker *worker, struct file *file)
{
	char link_path[300];

	snprintf(link_path, sizeof(link_path), "%s.%u", file->path, worker->number);
	if (rng_chance(&worker->rng, 50)) {
		if (chmod(file->path, rng_chance(&worker->rng, 50) ? 0644 : 0600) < 0)
			fail(file, "chmod", 0);
	} else if (link_again(file->path, link_path) < 0 || unlink(link_path) < 0) {
		fail(file, "link", 0);
	}
}

static void cut_tail(struct worker *worker, struct file *file)
{
	off_t size = file->size + (off_t)rng_below(&worker->rng, TAIL);
	auto_close int fd = open(file->path, O_WRONLY | O_CLOEXEC);
	int r = rng_chance(&worker->rng, 50) ? truncate(file->path, size) : ftruncate(fd, size);

	if (fd < 0 || r < 0 || ftruncate(file->plain_fd, size) < 0)
		fail(file, "truncate", size);
}

static void append(struct worker *worker, struct file *file)
{
	uint8_t data[SLOT];
	struct stat st;
	size_t size = 1 + rng_below(&worker->rng, sizeof(data));
	auto_close int fd = open(file->path, O_WRONLY | O_APPEND | O_CLOEXEC);

	fill(worker, data, size);
	if (fd < 0 || fstat(file->plain_fd, &st) < 0 || write(fd, data, size) != (ssize_t)size ||
		pwrite(file->plain_fd, data, size, st.st_size) != (ssize_t)size)
		fail(file, "append", 0);
}

static void check_tail(struct worker *worker, struct file *file)
{
	struct stat seen, plain;
	auto_close int fd = open(file->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &seen) < 0 || fstat(file->plain_fd, &plain) < 0)
		fail(file, "stat", 0);
	size_t size = (size_t)(plain.st_size - file->size);
	auto_free uint8_t *one = malloc(size + 1);
	auto_free uint8_t *other = malloc(size + 1);
	errno = 0;
	if (seen.st_size != plain.st_size || pread(fd, one, size, file->size) != (ssize_t)size ||
		pread(file->plain_fd, other, size, file->size) != (ssize_t)size ||
		memcmp(one, other, size))
		fail(file, "tail", file->size);
}

static void work(struct worker *worker, unsigned int operations)
{
	static void (*const everybody[])(struct worker *, struct file *) = { write_slot, write_slot,
		store_slot, store_slot, read_slot, load_slot, touch };
	static void (*const first[])(
		struct worker *, struct file *) = { cut_tail, append, check_tail };

	for (unsigned int i = 0; i < operations; i++) {
		struct file *file = &worker->files[rng_below(&worker->rng, worker->n_files)];
		if (worker->number == 0 && rng_chance(&worker->rng, 40))
			rng_pick(&worker->rng, first)(worker, file);
		else
			rng_pick(&worker->rng, everybody)(worker, file);
	}
}

static void open_file(
	struct file *file, const char *mounted, const char *plain, unsigned int number)
{
	char path[256];
	struct stat st;

	snprintf(file->path, sizeof(file->path), "%s/%u", mounted, number);
	snprintf(path, sizeof(path), "%s/%u", plain, number);
	file->plain_fd = open(path, O_RDWR | O_CLOEXEC);
	if (file->plain_fd < 0 || fstat(file->plain_fd, &st) < 0)
		fail(file, "open the plain copy", 0);
	file->size = st.st_size;
	file->plain = mmap(
		NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file->plain_fd, 0);
	if (file->plain == MAP_FAILED)
		fail(file, "map the plain copy", 0);
}

int main(int argc, char **argv)
{
	struct file files[MOST_FILES];
	struct worker worker = { .files = files };
	int status, bad = 0;

	if (argc != 7 || (worker.n_files = (unsigned int)atoi(argv[1])) > MOST_FILES) {
		fprintf(stderr, "usage: torture FILES MOUNTED PLAIN PROCESSES OPERATIONS SEED\n");
		return 2;
	}
	for (unsigned int i = 0; i < worker.n_files; i++)
		open_file(&files[i], argv[2], argv[3], i);
	worker.workers = (unsigned int)atoi(argv[4]);
	for (; worker.number < worker.workers; worker.number++)
		if (fork() == 0) {
			rng_seed(&worker.rng, (uint64_t)atoll(argv[6]) * 1000 + worker.number);
			work(&worker, (unsigned int)atoi(argv[5]));
			exit(EXIT_SUCCESS);
		}
	while (wait(&status) > 0)
		bad |= status;
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
