/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/awake.h"

#include "common/base/scope.h"
#include "common/base/thread.h"
#include "fuse/daemon/stats.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHORTEST 8000   /* ns: the window at the beginning, and the shortest */
#define LONGEST  100000 /* ns: the longest window */
/* Ns: if two polls are farther apart, another thread has run on this processor. */
#define GAP 1000000
/* The machine counts as busy after this many busy looks in a row; a single one is common. */
#define BUSY_LOOKS   3
#define REST         100000000 /* ns: after a busy look no reader waits awake for this time */
#define LONGEST_REST 3200000000

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Returns how many threads are ready to run on this machine; 0: unknown. /proc/loadavg reads like
 * "0.20 0.18 0.12 1/80 ...": the number before the slash. */
static unsigned int count_runnable(int fd)
{
	char text[64];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	const char *p = text;

	if (n <= 0)
		return 0;
	text[n] = 0;
	for (int field = 0; field < 3 && p; field++) {
		p = strchr(p, ' ');
		p += p != NULL;
	}
	return p ? (unsigned int)strtoul(p, NULL, 10) : 0;
}

void awake_open(struct awake *awake, bool off)
{
	const size_t processors = thread_processors();

	*awake = (struct awake){ .load = -1 };
	if (off || processors < 2)
		return;
	/* An idle machine may run one thread on each processor, and the thread that looks. */
	awake->most_runnable = (unsigned int)processors + 1;
	awake->load = sys(open("/proc/loadavg", O_RDONLY | O_CLOEXEC));
	awake->possible = awake->load >= 0 && count_runnable(awake->load) > 0;
}

void awake_close(struct awake *awake)
{
	cleanup_close(&awake->load);
	awake->load = -1;
	awake->possible = false;
}

/* Lets no reader wait awake for a time. The time doubles if the machine is soon busy again: each
 * try moves the client and the daemon to other processors, which costs them more. */
static void rest(struct awake *awake, int64_t time)
{
	int64_t until = awake->busy_until;

	if (time < until)
		return;
	bool again = time < until + awake->rest;
	int64_t length = again ? awake->rest * 2 : REST;
	awake->rest = length < LONGEST_REST ? length : LONGEST_REST;
	awake->busy_until = time + awake->rest;
}

/* Polls for a request until the window ends. Returns whether a request came. */
static bool ask(struct awake *awake, int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int64_t last = now(), end = last + awake->window;

	while (last < end) {
		if (poll(&poll_fd, 1, 0) != 0)
			return true;
		sched_yield();
		int64_t before = last;
		last = now();
		if (last - before > GAP)
			rest(awake, last);
	}
	return false;
}

void awake_wait(struct awake *awake, int fd)
{
	if (!awake->possible || atomic_exchange(&awake->taken, true))
		return;
	if (awake->window > 0 && awake->busy_until <= now())
		stats_count_wait(ask(awake, fd));
	atomic_store(&awake->taken, false);
}

void awake_learn(struct awake *awake, int64_t nanoseconds)
{
	if (!awake->possible || atomic_exchange(&awake->taken, true))
		return;
	if (nanoseconds > LONGEST)
		awake->window = awake->window > SHORTEST ? awake->window / 2 : 0;
	else if (awake->window < SHORTEST)
		awake->window = SHORTEST;
	else if (nanoseconds > awake->window)
		awake->window = awake->window * 2 < LONGEST ? awake->window * 2 : LONGEST;
	atomic_store(&awake->taken, false);
}

void awake_look(struct awake *awake)
{
	if (!awake->possible)
		return;
	bool busy = count_runnable(awake->load) > awake->most_runnable;
	awake->busy_looks = busy ? awake->busy_looks + 1 : 0;
	if (awake->busy_looks < BUSY_LOOKS)
		return;
	rest(awake, now());
	awake->busy_looks = 0;
}
