/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The samples of a benchmark run: some rounds for each work, side and mode. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MOST_MODES = 4, MOST_SIDES = 12, MOST_WORKS = 128, MOST_ROUNDS = 32 };

/* The cost of one operation. */
struct sample {
	double wall;      /* ns */
	double processor; /* ns: client and daemon */
	double ops;
	char *requests; /* "LOOKUP=3 READ=1 ..." of all operations, and figures with small letters
			 */
};

struct samples {
	char *modes[MOST_MODES], *sides[MOST_SIDES], *works[MOST_WORKS];
	size_t n_modes, n_sides, n_works;
	/* NULL where there is none */
	struct sample *at[MOST_MODES][MOST_WORKS][MOST_SIDES][MOST_ROUNDS];
};

enum figure { FIGURE_WALL, FIGURE_PROCESSOR };
struct place {
	size_t mode, work, side;
};

/* Reads lines of mode, round, side, work, ops, wall, client, daemon, requests, parted by tabs. 0,
 * or a negative errno. */
int samples_read(FILE *from, struct samples **ret);
void samples_free(struct samples *samples);

/* The median, or a negative number: no sample. */
double samples_median(const struct samples *samples, struct place place, enum figure figure);
/* The same of the figure NAME, one with small letters. */
double samples_named(const struct samples *samples, struct place place, const char *name);
/* The median of the ratios to side BASE, taken round by round; negative: no sample. */
double samples_ratio(
	const struct samples *samples, struct place place, size_t base, enum figure figure);
struct spread {
	size_t n;                 /* rounds */
	double low, median, high; /* quartiles; negative without rounds */
};
/* How far these ratios lie apart. */
struct spread samples_spread(
	const struct samples *samples, struct place place, size_t base, enum figure figure);
/* The first sample, or NULL. */
const struct sample *samples_first(const struct samples *samples, struct place place);
/* The number of side NAME, or the number of sides. */
size_t samples_side(const struct samples *samples, const char *name);
