/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/check/check.h"
#include "common/store/check/mend.h"
#include "common/store/private.h"

#include <stdio.h>
#include <string.h>

/* Each round mends what stood in the way of seeing the next thing: a chain of layers that all
 * depend on a lost one takes a round a layer. */
#define ROUNDS_MAX 2048

struct repair {
	struct shale_store *store;
	shale_pair_fn *fn;
	void *arg;
	size_t mended, failed;
	bool tell_failures;
};

static int tell(const struct repair *repair, const struct problem *problem, const char *separator,
	const char *outcome)
{
	auto_free char *what = NULL;
	auto_free char *why = NULL;

	if (asprintf(&what, "%s %s", problem->kind, problem->name) < 0 ||
		asprintf(&why, "%s%s%s", problem->why, separator, outcome) < 0)
		return -ENOMEM;
	return repair->fn(what, why, repair->arg);
}

static int mend(const struct problem *problem, void *arg)
{
	struct repair *repair = arg;
	struct shale_error err = { 0 };
	const char *done = "";
	int r = problem_mend(repair->store, problem, &done, &err);

	if (r >= 0) {
		repair->mended++;
		return tell(repair, problem, "; ", done);
	}
	repair->failed++;
	if (!repair->tell_failures)
		return 0;
	return tell(repair, problem, "; cannot be mended: ", err.text[0] ? err.text : strerror(-r));
}

/* Until nothing is found any more, or nothing found can be mended. */
static int mend_all(struct repair *repair, bool contents, struct shale_error *err)
{
	int r = 0;

	for (int i = 0; r == 0 && i < ROUNDS_MAX; i++) {
		repair->mended = repair->failed = 0;
		r = check_walk(repair->store, contents, mend, repair, err);
		contents = false;
		if (repair->mended == 0)
			break;
	}
	return r;
}

int shale_store_repair(
	struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	int refused = foreign_refuse(store, err);

	if (refused < 0)
		return refused;
	struct repair repair = { .store = store, .fn = fn, .arg = arg };
	/* Links that layers lost are needed to tell what is whose; leftovers go first. */
	int r = mend_all(&repair, false, err);

	if (r == 0)
		r = mend_all(&repair, true, err);
	if (r == 0)
		r = shale_store_gc(store, 0, NULL, NULL, err);
	if (r != 0)
		return r;
	repair.tell_failures = true;
	repair.failed = 0;
	r = check_walk(store, true, mend, &repair, err);
	return r == 0 ? repair.failed == 0 : r;
}
