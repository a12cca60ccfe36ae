/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kills a worker at an instant that is hard to meet by chance. */
#pragma once

#include "tests/differential/rng.h"

#include <sys/types.h>

enum death {
	DEATH_AT_A_MOMENT,
	DEATH_AT_A_CALL,         /* before or after a system call of any thread */
	DEATH_AT_AN_INSTRUCTION, /* of a thread that is at work */
	DEATHS
};

/* Kills the process WORKER, at an instant that RNG draws, and returns when it is dead. Returns
 * where it was killed: a process that does nothing, or that may not be traced, dies at some moment.
 */
enum death death_bring(struct rng *rng, pid_t worker);
