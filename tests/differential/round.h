/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One round: makes a stack of layers, runs operations on both sides step by step, and compares. */
#pragma once

#include "tests/differential/operation.h"
#include "tests/differential/side.h"
#include "tests/differential/stack.h"

#include <stdbool.h>
#include <stdint.h>

/* Everything about a round that follows from its seed. */
struct plan {
	uint64_t seed;
	struct stack stack;
	struct op *ops;
	size_t n_ops;
	/* Compare inode numbers before and after each operation. Only every other round does this,
	 * because the extra lookups can hide faults. */
	bool watch;
};

struct round_options {
	struct mount_options mount;
	enum backend backends[2];
	const char *scratch; /* an existing directory */
	bool on_disk;        /* do not mount a tmpfs on SCRATCH */
	bool one_id;
	bool tmpfile, restack;
	size_t n_ops;
	unsigned timeout;
};

void plan_generate(uint64_t seed, const struct round_options *options, struct plan *ret);
void plan_free(struct plan *plan);
/* Makes a copy with its own arrays. */
void plan_copy(const struct plan *from, struct plan *ret);

/*
 * Runs a round. Returns 0 if both sides agree. Otherwise *RET_REPORT, which the caller frees,
 * describes the difference, and the result says where it is: enum round_result, or a value of
 * sandbox.h.
 */
enum round_result {
	ROUND_SAME,
	ROUND_RESULT, /* an operation had different results */
	ROUND_TREE,
	ROUND_REMOUNT,
	ROUND_UPPER,
	ROUND_SWAP,
	ROUND_BROKEN, /* a mount or unmount failed */
};
int round_run(const struct plan *plan, const struct round_options *options, char **ret_report);
const char *round_result_name(int result);
