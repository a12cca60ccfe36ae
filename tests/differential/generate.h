/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the random operations of a run, before their results are known. */
#pragma once

#include "tests/differential/operation.h"
#include "tests/differential/rng.h"
#include "tests/differential/stack.h"

struct generate_options {
	size_t n_ops; /* 0: a random number from 60 to 120 */
	bool tmpfile; /* make O_TMPFILE operations too */
	bool restack; /* make OP_RESTACK operations too */
	bool userns;
	bool one_id; /* the user namespace maps root's id alone */
};

/* Makes the operations of a run. The caller frees the array. */
struct op *generate_ops(struct rng *rng, const struct stack *stack,
	const struct generate_options *options, size_t *ret_n);
