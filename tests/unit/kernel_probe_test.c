/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/kernel_fixture.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "tests/unit/refuse.h"

#include <fcntl.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

struct seen {
	char words[8192]; /* the features, as lines "name=1:reason" */
	size_t n;
};

static int collect(const struct shale_feature *feature, void *arg)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->words);

	snprintf(seen->words + used, sizeof(seen->words) - used, "%s=%d:%s\n", feature->name,
		feature->works, feature->reason);
	seen->n++;
	return 0;
}

static int probe(struct fixture *fixture, struct seen *seen)
{
	*seen = (struct seen){ .n = 0 };
	error_clear(&fixture->err);
	return backend_kernel.probe(
		fixture->home, fixture->home_path, fixture->run_path, collect, seen, &fixture->err);
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static const char *const names[] = { "overlay", "d_type", "opaque", "redirect", "metacopy",
	"userxattr", "volatile", "index", "xino", "lowerdir+", "data-only", "idmapped", "nesting",
	"project-quota" };

START_TEST(each_feature_is_told_with_its_reason)
{
	struct fixture *fixture = fixture_open(0);
	struct seen seen;
	char words[64];

	ck_assert_msg(probe(fixture, &seen) == 1, "%s", fixture->err.text);
	ck_assert_uint_eq(seen.n, sizeof(names) / sizeof(*names));
	for (size_t i = 0; i < seen.n; i++) {
		snprintf(words, sizeof(words), "%s=", names[i]);
		ck_assert_msg(!!strstr(seen.words, words), "%s is missing", names[i]);
		snprintf(words, sizeof(words), "%s=0:\n", names[i]);
		ck_assert_msg(!strstr(seen.words, words), "%s: no without a reason", names[i]);
	}
	ck_assert_msg(!!strstr(seen.words, "overlay=1"), "%s", seen.words);
	ck_assert_int_eq(rmdir("staging"), 0);
	fixture_close(fixture);
}
END_TEST

static int stop(const struct shale_feature *feature, void *arg)
{
	return 7;
}

START_TEST(the_callback_can_end_the_walk)
{
	struct fixture *fixture = fixture_open(0);

	ck_assert_int_eq(backend_kernel.probe(fixture->home, fixture->home_path, fixture->run_path,
				 stop, NULL, NULL),
		7);
	fixture_close(fixture);
}
END_TEST

START_TEST(the_second_answer_comes_from_the_cache)
{
	struct fixture *fixture = fixture_open(0);
	struct seen first, second;
	char path[4200];
	struct stat before, after;

	double t0 = milliseconds();
	int r = probe(fixture, &first);
	double t1 = milliseconds();
	snprintf(path, sizeof(path), "%s/probe-kernel.json", fixture->run_path);
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(probe(fixture, &second), r);
	double t2 = milliseconds();
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_str_eq(first.words, second.words);
	ck_assert_msg(t2 - t1 < t1 - t0, "real %.1f ms, cached %.1f ms", t1 - t0, t2 - t1);
	fixture_close(fixture);
}
END_TEST

static const char *const spoilt[] = { "", "{}", "[1]", "{\"key\": 1}", "\xff\xfe", "{\"key\":{}," };

START_TEST(a_cache_that_cannot_be_read_is_made_anew)
{
	struct fixture *fixture = fixture_open(0);
	struct seen seen;
	char path[4200];

	snprintf(path, sizeof(path), "%s/probe-kernel.json", fixture->run_path);
	make_file(path, spoilt[_i]);
	ck_assert_int_eq(probe(fixture, &seen), 1);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char start[16] = "";
	ck_assert_int_gt(read(fd, start, 10), 0);
	ck_assert_msg(!strncmp(start, "{\n", 2), "%s", start);
	fixture_close(fixture);
}
END_TEST

/* The result depends on each of these. */
static const char *const keys[] = { "boot", "kernel", "filesystem", "capabilities", "ids",
	"metacopy" };

START_TEST(another_host_is_probed_anew)
{
	struct fixture *fixture = fixture_open(0);
	struct seen seen;
	char path[4200], text[16384] = "", key[64];
	struct stat before, after;

	ck_assert_int_eq(probe(fixture, &seen), 1);
	snprintf(path, sizeof(path), "%s/probe-kernel.json", fixture->run_path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	snprintf(key, sizeof(key), "\"%s\": \"", keys[_i]);
	char *value = strstr(text, key);
	if (value) {
		value[strlen(key)] ^= 1;
		make_file(path, text);
		ck_assert_int_eq(stat(path, &before), 0);
		ck_assert_int_eq(probe(fixture, &seen), 1);
		ck_assert_int_eq(stat(path, &after), 0);
		ck_assert_msg(before.st_ino != after.st_ino, "%s", keys[_i]);
	}
	fixture_close(fixture);
}
END_TEST

START_TEST(a_probe_without_run_is_a_probe)
{
	struct fixture *fixture = fixture_open(0);
	struct seen seen;

	strcpy(fixture->run_path + strlen(fixture->run_path), "/none");
	ck_assert_int_eq(probe(fixture, &seen), 1);
	*strrchr(fixture->run_path, '/') = 0;
	fixture_close(fixture);
}
END_TEST

START_TEST(a_refused_mount_names_a_remedy)
{
	struct fixture *fixture = fixture_open(0);
	struct seen seen;
	cap_t none = cap_init();

	ck_assert_int_eq(cap_set_proc(none), 0);
	cap_free(none);
	ck_assert_int_eq(probe(fixture, &seen), 0);
	ck_assert_msg(!!strstr(fixture->err.text, "CAP_SYS_ADMIN"), "%s", fixture->err.text);
	ck_assert_msg(!!strstr(fixture->err.remedy, "shale unshare"), "%s", fixture->err.remedy);
	ck_assert_uint_eq(seen.n, sizeof(names) / sizeof(*names));
	fixture_close(fixture);
}
END_TEST

START_TEST(a_user_namespace_probes_the_same_way)
{
	struct shale_error err = { 0 };
	struct seen seen;

	ck_assert_msg(shale_unshare(&err) >= 0, "%s", err.text);
	struct fixture *fixture = fixture_open(0);
	ck_assert_msg(probe(fixture, &seen) == 1, "%s", fixture->err.text);
	ck_assert_msg(!!strstr(seen.words, "userxattr=1"), "%s", seen.words);
	ck_assert_msg(!!strstr(seen.words, "redirect=0:"), "%s", seen.words);
	ck_assert_int_eq(rmdir("staging"), 0);
	fixture_close(fixture);
}
END_TEST

START_TEST(an_old_kernel_is_probed_by_its_own_calls)
{
	static const int calls[] = { SYS_fsopen, SYS_mount_setattr, SYS_open_tree };
	struct fixture *fixture = fixture_open(0);
	struct seen seen;

	ck_assert_int_eq(refuse_calls(calls, 3, ENOSYS), 0);
	ck_assert_msg(probe(fixture, &seen) == 1, "%s", fixture->err.text);
	ck_assert_msg(!!strstr(seen.words, "lowerdir+=0:"), "%s", seen.words);
	ck_assert_msg(!!strstr(seen.words, "idmapped=0:"), "%s", seen.words);
	fixture_close(fixture);
}
END_TEST

TCase *kernel_probe_tests(void)
{
	TCase *tests = tcase_create("probe");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, each_feature_is_told_with_its_reason);
	tcase_add_test(tests, the_callback_can_end_the_walk);
	tcase_add_test(tests, the_second_answer_comes_from_the_cache);
	tcase_add_loop_test(tests, a_cache_that_cannot_be_read_is_made_anew, 0,
		sizeof(spoilt) / sizeof(*spoilt));
	tcase_add_loop_test(tests, another_host_is_probed_anew, 0, sizeof(keys) / sizeof(*keys));
	tcase_add_test(tests, a_probe_without_run_is_a_probe);
	tcase_add_test(tests, a_refused_mount_names_a_remedy);
	tcase_add_test(tests, a_user_namespace_probes_the_same_way);
	tcase_add_test(tests, an_old_kernel_is_probed_by_its_own_calls);
	return tests;
}
