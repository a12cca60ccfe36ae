/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests that a removed file's space is free for the next request, though the file's FORGET is
 * served later. */
#include "tests/unit/fuse_fixture.h"

#include "fuse/merge/quota/quota.h"
#include "fuse/merge/state.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT 1000000
#define BIG   65536
#define MANY  12 /* number of files of BIG bytes that fill the filesystem */

static struct fixture fixture;

static void set_up(void)
{
	struct shale_error err = { 0 };

	fixture_open(&fixture);
	ck_assert_int_eq(fixture_init(&fixture, 7, 38, EVERY_FLAG), 0);
	struct fs *fs = fixture.connection.fs;
	ck_assert_msg(
		quota_open(fs->layers[fs->top].fd, LIMIT, &fs->quota, &err) == 0, "%s", err.text);
}

static void tear_down(void)
{
	fixture_close(&fixture);
}

static uint64_t make(const char *name)
{
	struct {
		struct fuse_mknod_in in;
		char name[16];
	} body = { .in = { .mode = S_IFREG | 0644 } };
	const struct fuse_entry_out *out = (const void *)fixture.answer.body;

	strcpy(body.name, name);
	ck_assert_int_eq(
		fixture_send(&fixture, FUSE_MKNOD, 1, &body, sizeof(body.in) + strlen(name) + 1),
		0);
	return out->nodeid;
}

static int fill(uint64_t node)
{
	static struct {
		struct fuse_write_in in;
		char data[BIG];
	} body;
	int r = 0;

	memset(body.data, 'x', BIG);
	body.in.size = BIG;
	for (int i = 0; r == 0 && i < MANY; i++) {
		body.in.offset = (uint64_t)i * BIG;
		r = fixture_send(&fixture, FUSE_WRITE, node, &body, sizeof(body));
	}
	return r;
}

static void remove_name(const char *name)
{
	ck_assert_int_eq(fixture_send(&fixture, FUSE_UNLINK, 1, name, strlen(name) + 1), 0);
}

/* Plays another thread of the daemon: waits until a write waits for space, then serves the FORGET
 * of the removed file, which frees the space. */
static void *forget(void *arg)
{
	struct fs *fs = fixture.connection.fs;
	const uint32_t *node = arg;

	for (bool waits = false; !waits; usleep(1000)) {
		pthread_mutex_lock(&fs->table.lock);
		waits = fs->nameless.waiting;
		pthread_mutex_unlock(&fs->table.lock);
	}
	fs_forget(fs, *node, 1);
	return NULL;
}

START_TEST(a_write_waits_for_the_space_of_a_removed_file)
{
	uint32_t old = (uint32_t)make("old");
	uint64_t new = make("new");
	pthread_t thread;

	ck_assert_int_eq(fill(old), 0);
	remove_name("old");
	ck_assert_int_eq(pthread_create(&thread, NULL, forget, &old), 0);
	int r = fill(new);
	if (r < 0)
		pthread_cancel(thread);
	pthread_join(thread, NULL);
	ck_assert_int_eq(r, 0);
}
END_TEST

START_TEST(without_a_removed_file_a_write_fails_at_once)
{
	fixture.connection.fs->nameless.left_in_vain = 77;
	ck_assert_int_eq(fill(make("one")), 0);
	ck_assert_int_eq(fill(make("two")), -ENOSPC);
	ck_assert_uint_eq(fixture.connection.fs->nameless.left_in_vain, 77);
}
END_TEST

START_TEST(an_open_file_is_waited_for_once)
{
	struct fs *fs = fixture.connection.fs;

	ck_assert_int_eq(fill(make("open")), 0);
	remove_name("open");
	uint64_t other = make("other");
	ck_assert_int_eq(fill(other), -ENOSPC);
	ck_assert_uint_eq(fs->nameless.left_in_vain, 1);
	ck_assert_int_eq(fixture.answers, 1);
	ck_assert_int_eq(fill(other), -ENOSPC);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("space");
	TCase *tests = tcase_create("tests");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_write_waits_for_the_space_of_a_removed_file);
	tcase_add_test(tests, without_a_removed_file_a_write_fails_at_once);
	tcase_add_test(tests, an_open_file_is_waited_for_once);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
