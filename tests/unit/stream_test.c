/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests that an unpacked stream comes back byte for byte. The fixture checks this in every test
 * that unpacks; the streams here have a record that is not simple. */
#include "tests/unit/apply_fixture.h"
#include "tests/unit/restored.h"

#include "common/archive/stream/stream_record.h"
#include "common/archive/stream/stream_restore.h"
#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ---- entries that change earlier ones ---- */

static const struct tar_entry replaced_files[] = {
	{ .name = "a", .data = "first" },
	{ .name = "b", .type = '1', .link = "a" },
	{ .name = "a", .data = "second" },
	{ .name = "b", .data = "third" },
	{ .name = "a", .type = '2', .link = "b" },
	{ .name = "c", .data = "kept" },
	{ .name = "d", .type = '1', .link = "c" },
	{ .name = "c", .type = '6' },
};

static const struct tar_entry replaced_directories[] = {
	{ .name = "d/", .type = '5' },
	{ .name = "d/sub/", .type = '5' },
	{ .name = "d/sub/a", .data = "one" },
	{ .name = "d/b", .data = "two" },
	{ .name = "keep", .type = '1', .link = "d/b" },
	{ .name = "d", .data = "three" },
	{ .name = "d/", .type = '5' },
	{ .name = "d/b", .data = "four" },
	{ .name = "d/b/", .type = '5' },
	{ .name = "d/b/under", .data = "five" },
};

static const struct tar_entry through_links[] = {
	{ .name = "usr/", .type = '5' },
	{ .name = "usr/lib/", .type = '5' },
	{ .name = "lib", .type = '2', .link = "usr/lib" },
	{ .name = "abs", .type = '2', .link = "/usr" },
	{ .name = "lib/so", .data = "one" },
	{ .name = "abs/lib/other", .data = "two" },
	{ .name = "abs/new/other", .data = "three" },
	{ .name = "usr/lib/so", .data = "four" },
	{ .name = "lib", .type = '5' },
	{ .name = "lib/so", .data = "five" },
};

static const struct tar_entry no_files[] = {
	{ .name = "a", .data = "a" },
	{ .name = "hard", .type = '1', .link = "a", .pax = "comment=x", .data = "of a link" },
	{ .name = ".wh.gone", .data = "data of a whiteout" },
	{ .name = "d/.wh..wh..opq", .data = "data of a mark" },
	{ .name = ".wh..wh.plnk/1", .data = "data of AUFS" },
	{ .name = "fifo", .type = '6' },
	{ .name = "d/.wh.none", .type = '1', .link = "d/none" },
};

static const struct tar_entry odd_names[] = {
	{ .name = "/abs", .data = "1" },
	{ .name = "./dot", .data = "2" },
	{ .name = "././two//slashes", .data = "3" },
	{ .name = "short", .pax = "path=a/long/name/\xc3\xa4/\xff", .data = "4" },
	{ .name = "size", .pax = "size=1", .data = "5" },
	{ .name = "old", .type = '7', .data = "6" },
	{ .name = "short", .data = "7" },
};

static const struct {
	const char *what;
	const struct tar_entry *entries;
	size_t n;
} cases[] = {
	{ "files that take a file's place", replaced_files, COUNT(replaced_files) },
	{ "what takes a directory's place", replaced_directories, COUNT(replaced_directories) },
	{ "names through links", through_links, COUNT(through_links) },
	{ "data of what is no file", no_files, COUNT(no_files) },
	{ "names in other words", odd_names, COUNT(odd_names) },
};

static void add_all(struct tarball *tar, size_t i)
{
	for (size_t e = 0; e < cases[i].n; e++)
		tarball_add(tar, &cases[i].entries[e]);
}

static void must_come_back(struct tarball *tar, const char *what)
{
	/* Sizes of the pieces in which the stream is read. */
	static const size_t steps[] = { 0, 1, 511, 512, 700 };

	for (size_t i = 0; i < COUNT(steps); i++) {
		tar->step = steps[i];
		struct applied applied = apply_tarball(tar);
		ck_assert_msg(applied.code == 0, "%s: %s", what, applied.err.text);
		close(applied.root);
	}
}

START_TEST(entries_in_every_case)
{
	struct tarball tar = { 0 };

	add_all(&tar, (size_t)_i);
	tarball_end(&tar);
	must_come_back(&tar, cases[_i].what);
	tarball_free(&tar);
}
END_TEST

START_TEST(with_what_follows_the_end)
{
	struct tarball tar = { 0 };

	add_all(&tar, (size_t)_i);
	tarball_end(&tar);
	for (int i = 0; i < 3000; i++)
		tarball_put(&tar, "more", 4);
	must_come_back(&tar, cases[_i].what);
	tarball_free(&tar);
}
END_TEST

/* ---- sizes ---- */

/* Fills DATA with bytes that cannot be compressed, the same for the same SEED. */
static void fill(char *data, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		data[i] = (char)(1 + (seed >> 40) % 255);
	}
	data[size] = 0;
}

static void add_filled(struct tarball *tar, const char *name, size_t size)
{
	auto_free char *data = malloc(size + 1);
	const struct tar_entry entry = { .name = name, .data = data };

	fill(data, size, size);
	tarball_add(tar, &entry);
}

START_TEST(files_of_any_size)
{
	static const size_t sizes[] = { 0, 1, 511, 512, 513, 65535, 65536, 65537, 300000, 1048576 };
	struct tarball tar = { 0 };
	char name[32];

	for (size_t i = 0; i < COUNT(sizes); i++) {
		snprintf(name, sizeof(name), "%zu", sizes[i]);
		add_filled(&tar, name, sizes[i]);
	}
	tarball_end(&tar);
	must_come_back(&tar, "files");
	tarball_free(&tar);
}
END_TEST

/* ---- formats of libarchive's writers ---- */

static int (*const dialects[])(struct archive *) = { archive_write_set_format_v7tar,
	archive_write_set_format_ustar, archive_write_set_format_pax,
	archive_write_set_format_pax_restricted, archive_write_set_format_gnutar };

static la_ssize_t to_tarball(struct archive *archive, void *arg, const void *data, size_t size)
{
	tarball_put(arg, data, size);
	return (la_ssize_t)size;
}

static void write_entry(struct archive *writer, const char *name, size_t size, bool sparse)
{
	struct archive_entry *entry = archive_entry_new();
	auto_free char *data = malloc(size + 1);

	fill(data, size, size);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_uid(entry, geteuid());
	archive_entry_set_gid(entry, getegid());
	archive_entry_set_mtime(entry, 12345, 678);
	archive_entry_set_size(entry, (la_int64_t)size);
	if (sparse) {
		archive_entry_sparse_add_entry(entry, 4096, 5000);
		archive_entry_sparse_add_entry(entry, 16384, 1);
		archive_entry_sparse_add_entry(entry, (la_int64_t)size - 100, 100);
	}
	ck_assert_int_eq(archive_write_header(writer, entry), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_data(writer, data, size), (la_ssize_t)size);
	archive_entry_free(entry);
}

static void write_dialect(int (*dialect)(struct archive *), struct tarball *tar)
{
	struct archive *writer = archive_write_new();
	char name[90] = { 0 };

	ck_assert_int_eq(dialect(writer), ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(writer, 1);
	ck_assert_int_eq(archive_write_open(writer, tar, NULL, to_tarball, NULL), ARCHIVE_OK);
	memset(name, 'n', sizeof(name) - 1);
	write_entry(writer, name, 1000, false);
	if (dialect != archive_write_set_format_v7tar) {
		char longer[200] = { 0 };
		memset(longer, 'l', sizeof(longer) - 1);
		longer[99] = '/';
		write_entry(writer, longer, 70000, false);
	}
	write_entry(writer, "sparse", 200000, true);
	write_entry(writer, "last", 3, false);
	ck_assert_int_eq(archive_write_close(writer), ARCHIVE_OK);
	archive_write_free(writer);
}

START_TEST(in_every_dialect)
{
	struct tarball tar = { 0 };

	write_dialect(dialects[_i], &tar);
	must_come_back(&tar, "a dialect");
	tarball_free(&tar);
}
END_TEST

/* ---- the record ---- */

struct recorded {
	struct recording recording;
	struct applied applied;
	struct tarball tar;
};

/* Unpacks a thousand files of different sizes, with a record. */
static void record_many(struct recorded *ret)
{
	char name[64];

	*ret = (struct recorded){ 0 };
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "usr/share/doc/package-%u/file-%u", i / 20, i);
		add_filled(&ret->tar, name, i * 7 % 3000);
	}
	tarball_end(&ret->tar);
	recording_begin(&ret->recording);
	struct apply_spec spec = { .root = scratch_dir(),
		.class = XATTR_USER,
		.read = tarball_read,
		.arg = &ret->tar,
		.record = &ret->recording.record };
	ret->applied.root = spec.root;
	ret->applied.code = apply_tar(&spec, &ret->applied.result, &ret->applied.err);
	ck_assert_int_eq(ret->applied.code, 0);
}

static void free_recorded(struct recorded *recorded)
{
	close(recorded->applied.root);
	recording_end(&recorded->recording);
	tarball_free(&recorded->tar);
}

START_TEST(the_record_is_much_smaller_than_the_layer)
{
	struct recorded recorded;
	struct stat st;

	record_many(&recorded);
	close(recording_restore(
		&recorded.recording, recorded.applied.root, recorded.applied.result.diff_id));
	ck_assert_int_eq(fstatat(recorded.recording.dir, STREAM_FILE, &st, 0), 0);
	ck_assert_int_lt(st.st_size, (off_t)(recorded.tar.size / 100));
	ck_assert_int_lt(st.st_size, 1000 * 20);
	free_recorded(&recorded);
}
END_TEST

static int try_again(const struct recorded *recorded, struct shale_error *err)
{
	auto_close int out = memfd_create("tar", MFD_CLOEXEC);
	auto_close int record = openat(recorded->recording.dir, STREAM_FILE, O_RDONLY | O_CLOEXEC);
	struct stream_original original = { .record = record };

	strcpy(original.diff_id, recorded->applied.result.diff_id);
	return stream_restore(&original, recorded->applied.root, out, NULL, err);
}

#define CHANGED "usr/share/doc/package-3/file-77"

static void change_byte(int dirfd, const char *name, off_t at)
{
	auto_close int fd = openat(dirfd, name, O_RDWR | O_CLOEXEC);
	char byte;

	ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
}

static void change_data(const struct recorded *recorded)
{
	change_byte(recorded->applied.root, CHANGED, 10);
}

static void remove_file(const struct recorded *recorded)
{
	unlinkat(recorded->applied.root, CHANGED, 0);
}

static void shorten_file(const struct recorded *recorded)
{
	auto_close int fd = openat(recorded->applied.root, CHANGED, O_RDWR | O_CLOEXEC);

	ck_assert_int_eq(ftruncate(fd, 3), 0);
}

static void put_a_link(const struct recorded *recorded)
{
	remove_file(recorded);
	ck_assert_int_eq(symlinkat("file-78", recorded->applied.root, CHANGED), 0);
}

static void put_a_fifo(const struct recorded *recorded)
{
	remove_file(recorded);
	ck_assert_int_eq(mkfifoat(recorded->applied.root, CHANGED, 0600), 0);
}

static void change_record(const struct recorded *recorded)
{
	change_byte(recorded->recording.dir, STREAM_FILE, 1000);
}

static void shorten_record(const struct recorded *recorded)
{
	auto_close int fd = openat(recorded->recording.dir, STREAM_FILE, O_RDWR | O_CLOEXEC);

	ck_assert_int_eq(ftruncate(fd, 1000), 0);
}

static void (*const changes[])(const struct recorded *recorded) = { change_data, remove_file,
	shorten_file, put_a_link, put_a_fifo, change_record, shorten_record };

START_TEST(a_change_is_never_given_back_for_the_stream)
{
	struct recorded recorded;
	struct shale_error err = { 0 };

	record_many(&recorded);
	ck_assert_int_eq(try_again(&recorded, &err), 0);
	changes[_i](&recorded);
	ck_assert_int_eq(try_again(&recorded, &err), -EBADMSG);
	ck_assert_msg(err.text[0], "no words");
	free_recorded(&recorded);
}
END_TEST

int main(void)
{
	if (!scratch_become_root())
		return 77;
	Suite *suite = suite_create("stream");
	TCase *tests = tcase_create("comes back");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, entries_in_every_case, 0, COUNT(cases));
	tcase_add_loop_test(tests, with_what_follows_the_end, 0, COUNT(cases));
	tcase_add_test(tests, files_of_any_size);
	tcase_add_loop_test(tests, in_every_dialect, 0, COUNT(dialects));
	tcase_add_test(tests, the_record_is_much_smaller_than_the_layer);
	tcase_add_loop_test(tests, a_change_is_never_given_back_for_the_stream, 0, COUNT(changes));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
