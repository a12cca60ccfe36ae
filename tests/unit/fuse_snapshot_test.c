/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests that a snapshot is taken by one rename, that nothing frozen is written to afterwards, and
 * that it keeps requests out meanwhile. */
#include "tests/unit/fuse_fixture.h"

#include "common/base/scope.h"
#include "fuse/merge/state.h"
#include "fuse/mount_snapshot.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static struct fixture fixture;

static void set_up(void)
{
	fixture_open(&fixture);
	ck_assert_int_eq(fixture_init(&fixture, 7, 38, EVERY_FLAG), 0);
	fixture.uid = geteuid();
}

static void tear_down(void)
{
	fixture_close(&fixture);
}

static void prepare(void)
{
	ck_assert_int_eq(mkdirat(fixture.home, "work/snapshot", 0700), 0);
	ck_assert_int_eq(mknodat(fixture.home, "work/snapshot/intent", S_IFREG | 0600, 0), 0);
}

static int take(uint32_t size)
{
	struct fuse_ioctl_in in = { .cmd = MOUNT_SNAPSHOT, .out_size = size };

	return fixture_send(&fixture, FUSE_IOCTL, 1, &in, sizeof(in));
}

static bool has(const char *path)
{
	return faccessat(fixture.home, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_content(const char *path, const char *content)
{
	auto_close int fd = openat(fixture.home, path, O_RDONLY | O_CLOEXEC);
	char text[64] = "";

	ck_assert_msg(fd >= 0, "no %s", path);
	ck_assert_int_ge(read(fd, text, sizeof(text) - 1), 0);
	ck_assert_str_eq(text, content);
}

static uint64_t make(const char *name)
{
	struct {
		struct fuse_mknod_in in;
		char name[16];
	} body = { .in = { .mode = S_IFREG | 0644 } };

	strcpy(body.name, name);
	ck_assert_int_eq(
		fixture_send(&fixture, FUSE_MKNOD, 1, &body, sizeof(body.in) + strlen(name) + 1),
		0);
	return ((const struct fuse_entry_out *)fixture.answer.body)->nodeid;
}

static void write_to(uint64_t node, uint64_t offset, const char *text)
{
	struct {
		struct fuse_write_in in;
		char data[16];
	} body = { .in = { .offset = offset, .size = (uint32_t)strlen(text) } };

	memcpy(body.data, text, strlen(text));
	ck_assert_int_eq(
		fixture_send(&fixture, FUSE_WRITE, node, &body, sizeof(body.in) + strlen(text)), 0);
}

static uint64_t inode_of(uint64_t node)
{
	struct fuse_getattr_in in = { 0 };

	ck_assert_int_eq(fixture_send(&fixture, FUSE_GETATTR, node, &in, sizeof(in)), 0);
	return ((const struct fuse_attr_out *)fixture.answer.body)->attr.ino;
}

START_TEST(it_is_refused_to_strangers_and_without_an_intent)
{
	ck_assert_int_eq(take(sizeof(struct mount_snapshot)), -ENOENT);
	prepare();
	ck_assert_int_eq(take(sizeof(struct mount_snapshot) - 1), -EINVAL);
	fixture.uid = geteuid() + 1000;
	ck_assert_int_eq(take(sizeof(struct mount_snapshot)), -EPERM);
	ck_assert(has("work/snapshot/intent") && !has("work/snapshot/committed"));
	fixture.uid = geteuid();
	ck_assert_int_eq(linkat(fixture.home, "work/snapshot/intent", fixture.home,
				 "work/snapshot/committed", 0),
		0);
	ck_assert_int_eq(take(sizeof(struct mount_snapshot)), -EEXIST);
}
END_TEST

START_TEST(a_file_that_was_written_to_is_copied_up_before_it_is_written_to_again)
{
	uint64_t node = make("new"), inode;

	write_to(node, 0, "one");
	inode = inode_of(node);
	prepare();
	ck_assert_int_eq(take(sizeof(struct mount_snapshot)), 0);
	ck_assert(has("work/snapshot/committed") && !has("work/snapshot/intent"));
	ck_assert(!has("work/snapshot/upper/new"));
	write_to(node, 3, "two");
	assert_content("upper/new", "one");
	assert_content("work/snapshot/upper/new", "onetwo");
	ck_assert_int_eq(inode_of(node), inode);
	make("other");
	ck_assert(!has("upper/other") && has("work/snapshot/upper/other"));
}
END_TEST

START_TEST(the_next_one_needs_an_intent_in_the_new_work_directory)
{
	uint64_t node = make("new");

	prepare();
	ck_assert_int_eq(take(sizeof(struct mount_snapshot)), 0);
	ck_assert_int_eq(take(sizeof(struct mount_snapshot)), -ENOENT);
	ck_assert_int_eq(mkdirat(fixture.home, "work/snapshot/work/snapshot", 0700), 0);
	ck_assert_int_eq(
		mknodat(fixture.home, "work/snapshot/work/snapshot/intent", S_IFREG | 0600, 0), 0);
	write_to(node, 0, "one");
	ck_assert_int_eq(take(sizeof(struct mount_snapshot)), 0);
	const struct mount_snapshot *answer = (const void *)(fixture.answer.body +
							     sizeof(struct fuse_ioctl_out));
	ck_assert_int_eq(answer->lowers, 3);
	ck_assert_int_eq(answer->lowers_most, MOST_LAYERS - 1);
	write_to(node, 0, "two");
	assert_content("upper/new", "");
	assert_content("work/snapshot/upper/new", "one");
	assert_content("work/snapshot/work/snapshot/upper/new", "two");
}
END_TEST

/* ---- the gate ---- */

static struct gate gate;
static atomic_int entered;
static atomic_bool leaves;

static void *enter_and_stay(void *arg)
{
	gate_enter(&gate);
	atomic_fetch_add(&entered, 1);
	while (!atomic_load(&leaves))
		usleep(1000);
	gate_leave(&gate);
	return NULL;
}

static void wait_for_entered(int n)
{
	while (atomic_load(&entered) < n)
		usleep(1000);
}

START_TEST(a_request_waits_until_the_gate_is_open)
{
	pthread_t thread;
	int64_t since;

	gate_init(&gate);
	atomic_store(&leaves, true);
	ck_assert_int_eq(gate_close(&gate, &since), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, enter_and_stay, NULL), 0);
	usleep(50000);
	ck_assert_int_eq(entered, 0);
	gate_open(&gate);
	pthread_join(thread, NULL);
	ck_assert_int_eq(entered, 1);
	gate_destroy(&gate);
}
END_TEST

START_TEST(a_request_that_takes_too_long_lets_others_in_and_keeps_the_gate_open)
{
	pthread_t first, second;
	int64_t since;

	gate_init(&gate);
	ck_assert_int_eq(pthread_create(&first, NULL, enter_and_stay, NULL), 0);
	wait_for_entered(1);
	ck_assert_int_eq(pthread_create(&second, NULL, enter_and_stay, NULL), 0);
	ck_assert_int_eq(gate_close(&gate, &since), -EBUSY);
	ck_assert_int_eq(entered, 2);
	atomic_store(&leaves, true);
	pthread_join(first, NULL);
	pthread_join(second, NULL);
	ck_assert_int_eq(gate_close(&gate, &since), 0);
	gate_open(&gate);
	gate_destroy(&gate);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("snapshot");
	TCase *tests = tcase_create("snapshot"), *of_gate = tcase_create("gate");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_is_refused_to_strangers_and_without_an_intent);
	tcase_add_test(
		tests, a_file_that_was_written_to_is_copied_up_before_it_is_written_to_again);
	tcase_add_test(tests, the_next_one_needs_an_intent_in_the_new_work_directory);
	suite_add_tcase(suite, tests);
	tcase_set_timeout(of_gate, 30);
	tcase_add_test(of_gate, a_request_waits_until_the_gate_is_open);
	tcase_add_test(
		of_gate, a_request_that_takes_too_long_lets_others_in_and_keeps_the_gate_open);
	suite_add_tcase(suite, of_gate);
	return suite_run(suite);
}
