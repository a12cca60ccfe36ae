/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/store/check/check.h"
#include "common/store/check/mend.h"
#include "common/store/store_struct.h"
#include "common/store/foreign/foreign.h"

#include <stdio.h>
#include <string.h>

/* Each round repairs one problem of a layer, and the next round sees the next problem. If a layer
 * is lost, each layer of the chain above it takes one more round. */
#define ROUNDS_MAX 2048

struct repair {
	struct shale_store *store;
	struct progress progress;
	shale_problem_fn *fn;
	void *arg;
	size_t mended, failed;
	bool tell_failures;
};

static int tell(const struct repair *repair, const struct problem *problem, const char *outcome,
	bool mended)
{
	const struct shale_problem public = { problem->kind, problem->name, problem->why, outcome,
		mended };

	return repair->fn ? repair->fn(&public, repair->arg) : 0;
}

static int mend(const struct problem *problem, void *arg)
{
	struct repair *repair = arg;
	auto_free char *outcome = NULL;
	struct shale_error err = { 0 };
	const char *done = "";
	int r = problem_mend(repair->store, problem, &done, &err);

	if (r >= 0) {
		repair->mended++;
		return tell(repair, problem, done, true);
	}
	repair->failed++;
	if (!repair->tell_failures)
		return 0;
	if (asprintf(&outcome, "cannot be mended: %s", err.text[0] ? err.text : strerror(-r)) < 0)
		return -ENOMEM;
	return tell(repair, problem, outcome, false);
}

static int mend_once(struct repair *repair, bool contents, struct shale_error *err)
{
	const struct check_run run = { contents, mend, repair, &repair->progress };

	repair->mended = repair->failed = 0;
	return check_walk(repair->store, &run, err);
}

/* Repairs in rounds, until a round finds no problem that can be repaired. */
static int mend_all(struct repair *repair, bool contents, struct shale_error *err)
{
	int r = 0;

	for (int i = 0; r == 0 && i < ROUNDS_MAX; i++) {
		r = mend_once(repair, contents, err);
		contents = false;
		if (repair->mended == 0)
			break;
	}
	return r;
}

/* Returns 1 if the store is whole now, else 0. */
static int repair_store(struct repair *repair, struct shale_error *err)
{
	/* First remove leftovers and make lost links again: links tell which layer a file belongs
	 * to. Then read the files. */
	int r = mend_all(repair, false, err);

	if (r == 0)
		r = mend_all(repair, true, err);
	if (r == 0)
		r = shale_store_gc(repair->store, NULL, NULL, NULL, err);
	if (r != 0)
		return r;
	repair->tell_failures = true;
	r = mend_once(repair, true, err);
	return r == 0 ? repair->failed == 0 : r;
}

static int count(const struct problem *problem, void *arg)
{
	struct repair *repair = arg;

	repair->failed++;
	return tell(repair, problem, "", false);
}

static int check_store(struct repair *repair, struct shale_error *err)
{
	const struct check_run run = { true, count, repair, &repair->progress };
	int r = check_walk(repair->store, &run, err);

	return r == 0 ? repair->failed == 0 : r;
}

int shale_store_check(struct shale_store *store, const struct shale_check_options *options,
	shale_problem_fn *fn, void *arg, struct shale_error *err)
{
	struct shale_check_options mine;
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = option_struct_take(&mine, sizeof(mine), options, "check", err);
	if (r == 0)
		r = option_flags_check(mine.flags, SHALE_CHECK_REPAIR, "check", err);
	if (r < 0)
		return r;
	struct repair repair = { .store = store,
		.progress = { .fn = mine.progress, .arg = mine.progress_arg },
		.fn = fn,
		.arg = arg };
	return mine.flags & SHALE_CHECK_REPAIR ? repair_store(&repair, err)
					       : check_store(&repair, err);
}
