/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/apply.h"
#include "common/archive/diff/diff.h"
#include "common/base/scope.h"
#include "tests/unit/naive.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define LAYERS 4

static int layers[LAYERS];

static void make_layers(unsigned int seed)
{
	for (size_t i = LAYERS; i-- > 0;) {
		layers[i] = scratch_dir();
		naive_random_layer(layers[i], &seed);
	}
}

static struct diff_spec spec_of(size_t above)
{
	return (struct diff_spec){ .layers = layers,
		.n_layers = LAYERS,
		.n_above = above,
		.class = XATTR_USER,
		.ownership = OWNERSHIP_REAL };
}

static int print(const struct shale_change *change, void *arg)
{
	return fprintf(arg, "%c %s\n", change->kind, change->path) < 0;
}

static char *changes_of(const struct diff_spec *spec)
{
	struct shale_error err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r = diff_changes(spec, print, out, &err);

	ck_assert_msg(r == 0, "%d %s", r, err.text);
	fclose(out);
	return text;
}

START_TEST(changes_and_size_are_those_of_a_naive_comparison)
{
	make_layers(_i);
	for (size_t above = 1; above <= LAYERS; above++) {
		struct diff_spec spec = spec_of(above);
		struct shale_error err = { 0 };
		uint64_t bytes;
		auto_close int old = naive_flatten(layers + above, LAYERS - above);
		auto_close int new = naive_flatten(layers, LAYERS);
		auto_free char *naive = naive_changes(old, new);
		auto_free char *ours = changes_of(&spec);
		ck_assert_str_eq(ours, naive);
		ck_assert_int_eq(diff_size(&spec, &bytes, &err), 0);
		ck_assert_uint_eq(bytes, naive_size(old, new));
	}
}
END_TEST

static int tar_of(const struct diff_spec *spec)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);
	struct shale_error err = { 0 };
	int r = diff_tar(spec, fd, &err);

	ck_assert_msg(r == 0, "%d %s", r, err.text);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int64_t read_fd(void *arg, void *buf, size_t size)
{
	ssize_t n = read(*(int *)arg, buf, size);

	return n < 0 ? -errno : n;
}

static int apply_fd(int fd)
{
	struct apply_spec spec = {
		.root = scratch_dir(), .class = XATTR_USER, .read = read_fd, .arg = &fd
	};
	struct apply_result result;
	struct shale_error err = { 0 };
	int r = apply_tar(&spec, &result, &err);

	ck_assert_msg(r == 0, "%d %s", r, err.text);
	return spec.root;
}

static void assert_same_bytes(int one, int other)
{
	struct stat a, b;

	ck_assert(fstat(one, &a) == 0 && fstat(other, &b) == 0);
	ck_assert_int_eq(a.st_size, b.st_size);
	char *x = mmap(NULL, (size_t)a.st_size, PROT_READ, MAP_SHARED, one, 0);
	char *y = mmap(NULL, (size_t)b.st_size, PROT_READ, MAP_SHARED, other, 0);
	ck_assert_int_eq(memcmp(x, y, (size_t)a.st_size), 0);
}

START_TEST(the_tar_unpacked_over_the_layers_below_gives_the_same_tree)
{
	make_layers(1000 + _i);
	for (size_t above = 1; above <= LAYERS; above++) {
		struct diff_spec spec = spec_of(above);
		auto_close int tar = tar_of(&spec);
		int stack[LAYERS + 1] = { apply_fd(tar) };
		size_t below = LAYERS - above;
		memcpy(stack + 1, layers + above, below * sizeof(int));
		auto_close int want = naive_flatten(layers, LAYERS);
		auto_close int got = naive_flatten(stack, below + 1);
		scratch_assert_same(got, want, "user.overlay.");
		/* A layer made of this tar must give the same tar again. */
		spec = (struct diff_spec){ .layers = stack,
			.n_layers = below + 1,
			.n_above = 1,
			.class = XATTR_USER,
			.ownership = OWNERSHIP_REAL,
			.frozen = true };
		auto_close int again = tar_of(&spec);
		assert_same_bytes(tar, again);
		close(stack[0]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("changes");
	TCase *tests = tcase_create("random stacks");

	if (!scratch_become_root())
		return 77;
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, changes_and_size_are_those_of_a_naive_comparison, 0, 20);
	tcase_add_loop_test(
		tests, the_tar_unpacked_over_the_layers_below_gives_the_same_tree, 0, 20);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
