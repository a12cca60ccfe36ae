/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests several threads and processes in one store. */
#include "tests/unit/store_fixture.h"

#include "common/base/scope.h"
#include "common/store/layer.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>

#define N(array) (sizeof(array) / sizeof(*array))

static int64_t read_pipe(void *arg, void *buf, size_t size)
{
	return read(*(int *)arg, buf, size);
}

START_TEST(a_parent_that_goes_while_its_child_is_made_is_missed)
{
	char text[16384] = "";
	int fds[2];
	const struct new_layer layer = {
		.id = "new", .parent = "base", .read = read_pipe, .arg = &fds[0]
	};
	char buf[512];

	memset(text, 'x', sizeof(text) - 1);
	auto_close int tar = tar_of("file", text);
	make_layer("base", "", "file", "text");
	ck_assert_int_eq(pipe(fds), 0);
	pid_t child = fork();
	if (child == 0) {
		close(fds[1]);
		store = store_open_again();
		_exit(-store_add_layer(store, &layer, NULL, NULL));
	}
	close(fds[0]);
	/* The pipe is smaller than the tar, so the last write returns only when the child reads: it
	 * has found its parent before that. */
	ck_assert_int_gt(fcntl(fds[1], F_SETPIPE_SZ, 4096), 0);
	for (ssize_t n; (n = read(tar, buf, sizeof(buf))) > 0;)
		ck_assert_int_eq(write(fds[1], buf, (size_t)n), n);
	must(shale_layer_remove(store, "base", NULL, &err));
	close(fds[1]);
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), ENOENT);
	ck_assert_int_eq(shale_layer_exists(store, "new", &err), 0);
	assert_tidy();
}
END_TEST

static void *create_same(void *arg)
{
	struct shale_error mine = { 0 };

	return (void *)(intptr_t)shale_layer_create(store, "same", NULL, &mine);
}

START_TEST(of_threads_that_create_one_id_one_succeeds)
{
	pthread_t threads[8];
	int made = 0;

	for (size_t i = 0; i < N(threads); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, create_same, NULL), 0);
	for (size_t i = 0; i < N(threads); i++) {
		void *result;

		pthread_join(threads[i], &result);
		ck_assert((intptr_t)result == 0 || (intptr_t)result == -EEXIST);
		made += (intptr_t)result == 0;
	}
	ck_assert_int_eq(made, 1);
	assert_tidy();
}
END_TEST

/* Makes and removes layers, and opens the store again, which removes leftovers. */
static void churn(int number)
{
	char id[16];

	store = store_open_again();
	for (int i = 0; i < 20; i++) {
		struct shale_error mine = { 0 };
		auto_close int tar = tar_of("file", "text");

		snprintf(id, sizeof(id), "p%d-%d", number, i);
		const struct shale_layer_options options = { .size = sizeof(options),
			.parent = i ? "shared" : NULL };
		if (shale_layer_create(store, id, &options, &mine) < 0 ||
			shale_layer_apply(store, id, tar, NULL, NULL, &mine) < 0 ||
			(i % 2 && shale_layer_remove(store, id, NULL, &mine) < 0)) {
			fprintf(stderr, "%s: %s\n", id, mine.text);
			_exit(1);
		}
		if (i % 5 == 0)
			store_reopen();
	}
	_exit(0);
}

START_TEST(processes_do_not_disturb_each_other)
{
	char problem[512] = "";
	pid_t children[4];

	make_layer("shared", "", "file", "text");
	for (size_t i = 0; i < N(children); i++) {
		children[i] = fork();
		if (children[i] == 0)
			churn((int)i);
	}
	for (size_t i = 0; i < N(children); i++) {
		int status;

		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert_int_eq(status, 0);
	}
	store_reopen();
	ck_assert_int_eq(shale_store_check(store, NULL, keep_problem, problem, &err), 1);
	ck_assert_str_eq(problem, "");
	assert_tidy();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("layers, together");
	TCase *tests = tcase_create("together");

	tcase_add_checked_fixture(tests, store_set_up, store_tear_down);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, a_parent_that_goes_while_its_child_is_made_is_missed);
	tcase_add_test(tests, of_threads_that_create_one_id_one_succeeds);
	tcase_add_test(tests, processes_do_not_disturb_each_other);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
