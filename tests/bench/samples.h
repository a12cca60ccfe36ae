/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The samples of a benchmark run: for each piece of work, side and mode, one for each round. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MOST_MODES = 4, MOST_SIDES = 12, MOST_WORKS = 128, MOST_ROUNDS = 32 };

/* The cost of one operation. */
struct sample {
	double wall;      /* ns of wall time */
	double processor; /* ns of processor time of client and daemon */
	double ops;
	/* "LOOKUP=3 READ=1 hits=5 ...": how often each request came, for all operations together.
	 * Other statistics, which stand in the same text, have names in lower case. */
	char *requests;
};

struct samples {
	char *modes[MOST_MODES], *sides[MOST_SIDES], *works[MOST_WORKS];
	size_t n_modes, n_sides, n_works;
	/* NULL: there is no such sample. */
	struct sample *at[MOST_MODES][MOST_WORKS][MOST_SIDES][MOST_ROUNDS];
};

enum figure { FIGURE_WALL, FIGURE_PROCESSOR };
struct place {
	size_t mode, work, side;
};

/* Reads lines of mode, round, side, work, ops, wall, client, daemon, requests, separated by tabs.
 * Returns 0 or a negative errno. */
int samples_read(FILE *from, struct samples **ret);
void samples_free(struct samples *samples);

/* Returns the median of FIGURE; negative without samples. */
double samples_median(const struct samples *samples, struct place place, enum figure figure);
/* Returns the median of the statistic NAME, which has small letters. */
double samples_named(const struct samples *samples, struct place place, const char *name);
/* Returns the median of the ratios to side BASE, taken round by round; negative without samples. */
double samples_ratio(
	const struct samples *samples, struct place place, size_t base, enum figure figure);
struct spread {
	size_t n;                 /* number of rounds */
	double low, median, high; /* quartiles; negative without rounds */
};
/* Returns the quartiles of the ratios that samples_ratio takes the median of. */
struct spread samples_spread(
	const struct samples *samples, struct place place, size_t base, enum figure figure);
/* Returns the first sample, or NULL. */
const struct sample *samples_first(const struct samples *samples, struct place place);
/* Returns the index of the side NAME; the number of sides if there is none. */
size_t samples_side(const struct samples *samples, const char *name);
