/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The random operations of a run, chosen beforehand: what they meet is not known yet. */
#pragma once

#include "tests/differential/operation.h"
#include "tests/differential/rng.h"
#include "tests/differential/stack.h"

struct generate_options {
	size_t n_ops; /* 0: 60 to 120 */
	bool tmpfile; /* O_TMPFILE among them */
	bool restack; /* OP_RESTACK among them */
	bool userns;
	bool one_id; /* root is the only id there is */
};

/* The caller frees the array. */
struct op *generate_ops(struct rng *rng, const struct stack *stack,
	const struct generate_options *options, size_t *ret_n);
