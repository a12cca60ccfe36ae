/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/apply_fixture.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define LONG_NAME                                                                                  \
	"0123456789012345678901234567890123456789012345678901234567890123"                         \
	"0123456789012345678901234567890123456789012345678901234567890123"                         \
	"0123456789012345678901234567890123456789012345678901234567890123"                         \
	"0123456789012345678901234567890123456789012345678901234567890123"

/* ---- entries that are refused ---- */

static const struct {
	struct tar_entry entries[3];
	int code;
	const char *words;
} refused[] = {
	{ { { .name = "../x" } }, -EINVAL, "apply entry '../x': a name with '..'" },
	{ { { .name = "a/../../x" } }, -EINVAL, "'..'" },
	{ { { .name = "/.." } }, -EINVAL, "'..'" },
	{ { { .name = "../", .type = '5' } }, -EINVAL, "'..'" },
	{ { { .name = "a/.wh.b/../../../x" } }, -EINVAL, "'..'" },
	{ { { .name = "l", .type = '2', .link = "/" }, { .name = "l/../../x" } }, -EINVAL, "'..'" },
	{ { { .name = "x", .pax = "path=" LONG_NAME } }, -ENAMETOOLONG, "255 bytes" },
	{ { { .name = "x", .type = '1', .link = "../../etc/passwd" } }, -EINVAL, "'..'" },
	{ { { .name = "x", .type = '1', .link = "/etc/passwd" } }, -ENOENT,
		"open hard link target '/etc/passwd'" },
	{ { { .name = "d/", .type = '5' }, { .name = "x", .type = '1', .link = "d" } }, -EINVAL,
		"apply entry 'x': open hard link target 'd': it is a directory" },
	{ { { .name = "y", .type = '1', .link = ".wh.x" } }, -EINVAL, "no file has such a name" },
	{ { { .name = "l", .type = '2', .link = "/etc" },
		  { .name = "x", .type = '1', .link = "l/passwd" } },
		-ENOENT, "apply entry 'x'" },
	{ { { .name = ".wh." } }, -EINVAL, "whiteout of no name" },
	{ { { .name = ".wh.." } }, -EINVAL, "whiteout of no name" },
	{ { { .name = "d/.wh..." } }, -EINVAL, "whiteout of no name" },
	{ { { .name = "x", .pax = "path=.wh.0" LONG_NAME } }, -ENAMETOOLONG, "255 bytes" },
	{ { { .name = "x", .pax = "path=.wh." LONG_NAME "/x" } }, -ENAMETOOLONG, "255 bytes" },
	{ { { .name = "x", .type = '2' } }, -EINVAL, "symbolic link to nothing" },
	{ { { .name = "x", .type = '2', .pax = "linkpath=a\1b" } }, -EBADMSG, "not valid" },
	{ { { .name = "x", .pax = "path=a\1b" } }, -EBADMSG, "not valid" },
	{ { { .name = "x", .pax = "uid=18446744073709551616" } }, -EBADMSG, "not valid" },
	{ { { .name = "x", .pax = "gid=1x" } }, -EBADMSG, "not valid" },
	{ { { .name = "x", .pax = "mtime=1.5.5" } }, -EBADMSG, "not valid" },
	{ { { .name = "x", .type = '1' } }, -EINVAL, "type of file that no layer holds" },
	{ { { .name = "x", .type = '1', .pax = "linkpath=../../etc/passwd" } }, -EINVAL, "'..'" },
	{ { { .name = "f" }, { .name = "f/x" } }, -ENOTDIR, "open its parent directory 'f'" },
	{ { { .name = "l", .type = '2', .link = "l" }, { .name = "l/x" } }, -ELOOP, "'l'" },
};

START_TEST(a_name_that_no_layer_may_hold_is_refused)
{
	size_t n = 0;

	while (n < 3 && refused[_i].entries[n].name)
		n++;
	struct applied applied = apply_entries(refused[_i].entries, n, refused[_i].code);
	ck_assert_msg(strstr(applied.err.text, refused[_i].words) != NULL, "%s", applied.err.text);
}
END_TEST

/* ---- links that lead out ---- */

static const struct {
	struct tar_entry entries[3];
	const char *tree; /* the tree of the directory to which the stream is applied */
} contained[] = {
	{ { { .name = "/abs/x" } }, "abs d\nabs/x f\n" },
	{ { { .name = "l", .type = '2', .link = "/out" }, { .name = "l/x" } },
		"l l\nout d\nout/x f\n" },
	{ { { .name = "l", .type = '2', .link = "../../../out" }, { .name = "l/x" } },
		"l l\nout d\nout/x f\n" },
	{ { { .name = "a/../x" }, { .name = "/b/./c/../../d/", .type = '5' } }, "d d\nx f\n" },
	{ { { .name = "l", .type = '2', .link = "/out" }, { .name = "l/../x" } }, "l l\nx f\n" },
	{ { { .name = "x" }, { .name = "y", .type = '1', .link = "a/b/../../x" } }, "x f\ny f\n" },
	{ { { .name = "d/l", .type = '2', .link = ".." }, { .name = "d/l/x" } },
		"d d\nd/l l\nx f\n" },
	{ { { .name = "l", .type = '2', .link = "/proc/self/root/tmp" }, { .name = "l/x" } },
		"l l\nproc d\nproc/self d\nproc/self/root d\nproc/self/root/tmp d\n"
		"proc/self/root/tmp/x f\n" },
	{ { { .name = "l", .type = '2', .link = "/" }, { .name = "l/.wh.y" } }, "l l\n" },
	{ { { .name = "l", .type = '2', .link = "/etc/passwd" }, { .name = "l", .data = "x" } },
		"l f\n" },
	{ { { .name = "f" }, { .name = "l", .type = '2', .link = "f" },
		  { .name = "h", .type = '1', .link = "l" } },
		"f f\nh l\nl l\n" },
};

START_TEST(links_are_followed_inside_the_root_only)
{
	apply_gives(contained[_i].entries, 3, contained[_i].tree);
}
END_TEST

/* ---- random changes ---- */

static void fix_checksums(struct tarball *tar)
{
	for (size_t at = 0; at + 512 <= tar->size; at += 512) {
		unsigned char *header = (unsigned char *)tar->data + at;
		unsigned int sum = 0;
		if (memcmp(header + 257, "ustar", 5) != 0)
			continue;
		memset(header + 148, ' ', 8);
		for (size_t i = 0; i < 512; i++)
			sum += header[i];
		snprintf((char *)header + 148, 7, "%06o", sum);
	}
}

static const struct tar_entry varied[] = {
	{ .name = "d/", .type = '5', .pax = "mtime=1.5\nSCHILY.xattr.user.x=1" },
	{ .name = "d/l", .type = '2', .link = "../../.." },
	{ .name = "d/l/f", .data = "data" },
	{ .name = "h", .type = '1', .link = "d/l/f" },
	{ .name = "d/.wh.x" },
	{ .name = "d/.wh..wh..opq" },
};

/* Changes a few bytes of a valid stream. For any result, the sanitizers must not complain, and
 * files around the root must not change. */
START_TEST(noise_does_no_harm)
{
	unsigned int seed = (unsigned int)_i;
	int outside = scratch_dir();

	scratch_mkdir(outside, "root");
	for (int round = 0; round < 40; round++) {
		struct tarball tar = { 0 };
		struct apply_limits limits = { .bytes = 1 << 20 };
		struct apply_spec spec = { .class = XATTR_USER,
			.root = openat(outside, "root", O_RDONLY | O_CLOEXEC),
			.read = tarball_read,
			.arg = &tar,
			.limits = &limits };
		struct apply_result result;
		for (size_t i = 0; i < COUNT(varied); i++)
			tarball_add(&tar, &varied[i]);
		tarball_end(&tar);
		for (int i = 0; i < 4; i++)
			tar.data[rand_r(&seed) % tar.size] = (char)rand_r(&seed);
		fix_checksums(&tar);
		apply_tar(&spec, &result, NULL);
		tarball_free(&tar);
		close(spec.root);
	}
	struct stat st;
	ck_assert(fstat(outside, &st) == 0 && st.st_nlink == 3);
	auto_free char *names = scratch_names(outside);
	ck_assert_int_eq(strncmp(names, "root d\n", 7), 0);
	for (const char *line = names; line;
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		ck_assert_msg(!*line || !strncmp(line, "root", 4), "%s", line);
}
END_TEST

static TCase *confinement(const char *name)
{
	TCase *tests = tcase_create(name);

	tcase_add_loop_test(tests, a_name_that_no_layer_may_hold_is_refused, 0, COUNT(refused));
	tcase_add_loop_test(tests, links_are_followed_inside_the_root_only, 0, COUNT(contained));
	tcase_add_loop_test(tests, noise_does_no_harm, 0, 10);
	return tests;
}

static void resolve_by_hand(void)
{
	beneath_set_way(BENEATH_BY_HAND);
}

int main(void)
{
	Suite *suite = suite_create("apply hostile");
	TCase *by_hand = confinement("without openat2");

	if (!scratch_become_root())
		return 77;
	suite_add_tcase(suite, confinement("with openat2"));
	tcase_add_checked_fixture(by_hand, resolve_by_hand, NULL);
	suite_add_tcase(suite, by_hand);
	return suite_run(suite);
}
