/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/measure.h"

#include "common/base/scope.h"
#include "tests/bench/latency.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define SECOND 1000000000ull

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	return clock_gettime(clock, &now) < 0
		       ? 0
		       : (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static uint64_t time_of(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_usec * 1000;
}

static uint64_t client_time(void)
{
	struct rusage children;

	getrusage(RUSAGE_CHILDREN, &children);
	return read_clock(CLOCK_PROCESS_CPUTIME_ID) + time_of(&children.ru_utime) +
	       time_of(&children.ru_stime);
}

/* Returns the processor time of the daemon, with that of its threads that have ended. */
static uint64_t daemon_time(pid_t daemon)
{
	clockid_t clock;

	return daemon && clock_getcpuclockid(daemon, &clock) == 0 ? read_clock(clock) : 0;
}

static char *read_file(const char *path)
{
	enum { MOST = 1 << 16 };
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	auto_free char *text = malloc(MOST);
	ssize_t n = fd >= 0 && text ? read(fd, text, MOST - 1) : -1;

	if (n < 0)
		return NULL;
	text[n] = 0;
	return steal_ptr(&text);
}

/* Asks the daemon for its statistics. The daemon replaces its file by a new one; returns its
 * text. */
static char *ask_daemon(const struct probe *probe)
{
	if (!probe->daemon || !probe->stats)
		return NULL;
	unlink(probe->stats);
	if (kill(probe->daemon, SIGUSR1) < 0)
		return NULL;
	for (int tries = 0; tries < 5000; tries++) {
		char *text = read_file(probe->stats);
		if (text)
			return text;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return NULL;
}

void measure_begin(const struct probe *probe, struct reading *ret)
{
	*ret = (struct reading){ .stats = ask_daemon(probe) };
	latency_clear();
	ret->daemon = daemon_time(probe->daemon);
	ret->client = client_time();
	ret->wall = read_clock(CLOCK_MONOTONIC);
}

void measure_end(const struct probe *probe, struct reading *ret)
{
	*ret = (struct reading){ .wall = read_clock(CLOCK_MONOTONIC) };
	ret->client = client_time();
	ret->daemon = daemon_time(probe->daemon);
	ret->stats = ask_daemon(probe);
}

static uint64_t figure_of(const char *stats, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = stats; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
		if (!strncmp(at, name, length) && at[length] == ' ')
			return strtoull(at + length, NULL, 10);
	return 0;
}

/* Prints the statistics that have changed between BEFORE and AFTER. Returns the number of
 * requests. */
static uint64_t print_changes(const char *before, char *after)
{
	uint64_t requests = 0;
	char *state = NULL;

	for (char *line = strtok_r(after, "\n", &state); line;
		line = strtok_r(NULL, "\n", &state)) {
		char *space = strchr(line, ' ');
		if (!space)
			continue;
		uint64_t now = strtoull(space, NULL, 10);
		*space = 0;
		if (!strncmp(line, "request_", 8) && now > figure_of(before, line)) {
			printf(" %s=%llu", line + 8,
				(unsigned long long)(now - figure_of(before, line)));
			requests += now - figure_of(before, line);
		} else if (!strcmp(line, "copied_up_bytes") || !strcmp(line, "peak_memory_kib") ||
			   !strcmp(line, "nodes") || !strcmp(line, "descriptors"))
			printf(" %s=%llu", line, (unsigned long long)now);
	}
	return requests;
}

void measure_print(const char *work, uint64_t ops, struct reading *before, struct reading *after)
{
	printf("%s\t%llu\t%llu\t%llu\t%llu\t", work, (unsigned long long)ops,
		(unsigned long long)(after->wall - before->wall),
		(unsigned long long)(after->client - before->client),
		(unsigned long long)(after->daemon - before->daemon));
	uint64_t requests = 0;
	if (before->stats && after->stats)
		requests = print_changes(before->stats, after->stats);
	if (requests)
		printf(" daemon_ns=%llu",
			(unsigned long long)((after->daemon - before->daemon) / requests));
	latency_print();
	putchar('\n');
	fflush(stdout);
	free(before->stats);
	free(after->stats);
}
