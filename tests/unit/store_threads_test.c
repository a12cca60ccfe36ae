/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests one struct shale_store in several threads, as shale.h promises it.
 * tests/quickstart/gates.sh runs this with the thread sanitizer. */
#include "tests/unit/store_fixture.h"

#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { THREADS = 4, ROUNDS = 4 };

static atomic_uint logged;

static void count_line(int level, const char *text, void *arg)
{
	atomic_fetch_add(&logged, 1);
}

static int count_pair(const char *key, const char *value, void *arg)
{
	++*(unsigned int *)arg;
	return 0;
}

static int count_layer(const struct shale_layer_info *layer, void *arg)
{
	++*(unsigned int *)arg;
	return 0;
}

static int count_change(const struct shale_change *change, void *arg)
{
	++*(unsigned int *)arg;
	return 0;
}

/* Makes, uses and removes one layer. A get mounts nothing, because the layer has no parent. */
static int live(struct shale_store *shared, const char *id, struct shale_error *mine)
{
	const struct shale_put_options put = { .size = sizeof(put) };
	auto_close int tar = tar_of("file", "text");
	auto_close int out = memfd_create("out", MFD_CLOEXEC);
	auto_free struct shale_apply_result *result = NULL;
	auto_free struct shale_layer_info *info = NULL;
	auto_free char *path = NULL;
	struct shale_lease *lease = NULL;
	unsigned int n = 0;
	int r = shale_layer_create(shared, id, NULL, mine);

	if (r == 0)
		r = shale_layer_apply(shared, id, tar, NULL, &result, mine);
	if (r == 0)
		r = shale_lease_open(shared, -1, &lease, mine);
	if (r == 0)
		r = shale_layer_get(shared, id, NULL, &path, mine);
	if (r == 0)
		r = shale_layer_put(shared, id, &put, mine);
	if (r == 0)
		r = shale_layer_diff(shared, id, NULL, out, mine);
	if (r == 0)
		r = shale_layer_changes(shared, id, NULL, count_change, &n, mine);
	if (r == 0)
		r = shale_layer_info(shared, id, &info, mine);
	if (r == 0)
		r = shale_layer_list(shared, count_layer, &n, mine);
	if (r == 0)
		r = shale_store_status(shared, count_pair, &n, mine);
	if (r == 0)
		r = shale_store_gc(shared, NULL, NULL, NULL, mine);
	shale_lease_close(lease);
	return r == 0 ? shale_layer_remove(shared, id, NULL, mine) : r;
}

struct worker {
	pthread_t thread;
	struct shale_store *store;
	int number, result;
	struct shale_error err;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	char id[32];

	for (int i = 0; i < ROUNDS && worker->result == 0; i++) {
		snprintf(id, sizeof(id), "layer-%d-%d", worker->number, i);
		worker->result = live(worker->store, id, &worker->err);
	}
	return NULL;
}

START_TEST(threads_share_a_store)
{
	struct worker workers[THREADS] = { 0 };
	const struct shale_store_options options = {
		.size = sizeof(options), .home = "home", .run = "run", .log = count_line
	};
	struct shale_store *shared;
	char problem[512] = "";

	make_layer("still", "", "file", "text");
	must(shale_store_open(&options, &shared, &err));
	for (int i = 0; i < THREADS; i++) {
		workers[i].store = shared;
		workers[i].number = i;
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		ck_assert_msg(workers[i].result == 0, "%s", workers[i].err.text);
	}
	shale_store_close(shared);
	ck_assert_uint_ge(logged, 2 * THREADS * ROUNDS);
	ck_assert_int_eq(shale_store_check(store, NULL, keep_problem, problem, &err), 1);
	assert_tidy();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("threads");
	TCase *tests = tcase_create("threads");

	tcase_add_checked_fixture(tests, store_set_up, store_tear_down);
	tcase_set_timeout(tests, 300);
	tcase_add_test(tests, threads_share_a_store);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
