/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/latency.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Times are counted in classes: each power of two is divided into STEPS classes of equal width. */
enum { STEPS_LOG = 5, STEPS = 1 << STEPS_LOG, CLASSES = 64 * STEPS };

static uint64_t counts[CLASSES], total;

void latency_clear(void)
{
	memset(counts, 0, sizeof(counts));
	total = 0;
}

uint64_t latency_begin(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static unsigned int class_of(uint64_t ns)
{
	if (ns < STEPS)
		return (unsigned int)ns;
	unsigned int power = 63u - (unsigned int)__builtin_clzll(ns), shift = power - STEPS_LOG;

	return shift * STEPS + (unsigned int)(ns >> shift);
}

static uint64_t start_of(unsigned int class)
{
	unsigned int shift = class < 2 * STEPS ? 0 : class / STEPS - 1;

	return (uint64_t)(class - shift * STEPS) << shift;
}

void latency_end(uint64_t begin)
{
	uint64_t ns = latency_begin() - begin;

	counts[class_of(ns)]++;
	total++;
}

/* Returns the time within which PERCENT of the operations have ended. */
static uint64_t percentile(unsigned int percent)
{
	uint64_t seen = 0;
	unsigned int class = 0;

	while (class < CLASSES - 1 && (seen += counts[class]) * 100 < total * percent)
		class ++;
	return start_of(class);
}

void latency_print(void)
{
	if (total)
		printf(" p50_ns=%llu p99_ns=%llu", (unsigned long long)percentile(50),
			(unsigned long long)percentile(99));
}
