/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/snapshot/watch.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { CLASSES = 40 };

struct waits {
	uint64_t counts[CLASSES]; /* operations that took less than 2^I microseconds */
	uint64_t most;            /* ns */
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Counts the operation that began at BEGIN. Returns when the next one begins. */
static uint64_t count(struct waits *waits, uint64_t begin)
{
	uint64_t end = now(), micro = (end - begin) / 1000;
	unsigned int class = 0;

	while (class < CLASSES - 1 && micro >> class)
		class ++;
	waits->counts[class]++;
	if (end - begin > waits->most)
		waits->most = end - begin;
	return now();
}

/* Works with the file NAME once. */
static int work(int dir, const char *name, struct waits *waits)
{
	char text[4096] = "text";
	uint64_t begin = now();
	auto_close int fd = sys(openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0644));

	if (fd < 0)
		return fd;
	begin = count(waits, begin);
	if (write(fd, text, sizeof(text)) < 0)
		return -errno;
	begin = count(waits, begin);
	if (pread(fd, text, sizeof(text), 0) < 0 || fchmod(fd, 0600) < 0)
		return -errno;
	begin = count(waits, begin);
	if (unlinkat(dir, name, 0) < 0)
		return -errno;
	count(waits, begin);
	return 0;
}

int watch_run(const char *path)
{
	struct waits waits = { .most = 0 };
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	auto_close int dir = sys(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	char name[32];
	int r = dir < 0 ? dir : 0;

	snprintf(name, sizeof(name), "watched.%d", getpid());
	while (r == 0 && poll(&input, 1, 0) == 0)
		r = work(dir, name, &waits);
	if (r < 0) {
		fprintf(stderr, "mount-snapshot: %s: %s\n", path, strerror(-r));
		return EXIT_FAILURE;
	}
	for (unsigned int i = 0; i < CLASSES; i++)
		if (waits.counts[i])
			printf("%" PRIu64 " %" PRIu64 "\n", (uint64_t)1 << i, waits.counts[i]);
	printf("most %" PRIu64 "\n", waits.most / 1000);
	return EXIT_SUCCESS;
}
