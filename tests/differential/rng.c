/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/rng.h"

void rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = seed;
}

/* This is splitmix64: it has one word of state, and every seed gives a good sequence. */
uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
	return n ? rng_next(rng) % n : 0;
}

bool rng_chance(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}
