/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small random number generator: a seed gives the same run on every machine. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
/* Returns a number from 0 to N - 1; 0 for N == 0. */
uint64_t rng_below(struct rng *rng, uint64_t n);
/* Returns true in PERCENT of the cases. */
bool rng_chance(struct rng *rng, unsigned percent);

#define rng_pick(rng, array) ((array)[rng_below((rng), sizeof(array) / sizeof(*(array)))])
