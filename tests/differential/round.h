/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One round: makes a stack, runs operations on both sides in step, and compares. */
#pragma once

#include "tests/differential/operation.h"
#include "tests/differential/side.h"
#include "tests/differential/stack.h"

#include <stdbool.h>
#include <stdint.h>

/* All that a seed decides about a round. */
struct plan {
	uint64_t seed;
	struct stack stack;
	struct op *ops;
	size_t n_ops;
	/* Watch inode numbers around each operation: the extra lookups hide some faults, so only
	 * every other round does it. */
	bool watch;
};

struct round_options {
	struct mount_options mount;
	enum backend backends[2];
	const char *scratch; /* an existing directory */
	bool on_disk;        /* work in SCRATCH directly, and not in a tmpfs mounted on it */
	bool one_id;
	bool tmpfile, restack;
	size_t n_ops;
	unsigned timeout;
};

void plan_generate(uint64_t seed, const struct round_options *options, struct plan *ret);
void plan_free(struct plan *plan);
/* A copy that owns its arrays. */
void plan_copy(const struct plan *from, struct plan *ret);

/*
 * Runs a round. Returns 0 if both sides agree. Otherwise *RET_REPORT, which the caller frees,
 * describes the difference, and the result says where it is: enum round_result, or a value of
 * sandbox.h.
 */
enum round_result {
	ROUND_SAME,
	ROUND_RESULT, /* the results of an operation differ */
	ROUND_TREE,
	ROUND_REMOUNT,
	ROUND_UPPER,
	ROUND_SWAP,
	ROUND_BROKEN, /* a mount or unmount failed */
};
int round_run(const struct plan *plan, const struct round_options *options, char **ret_report);
const char *round_result_name(int result);
