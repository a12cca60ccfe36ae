/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/scratch.h"

#include "tests/unit/empty_dir.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"

#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static char *made[256];
static size_t n_made;

void scratch_remove(void)
{
	for (size_t i = 0; i < n_made; i++) {
		int fd = open(made[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			empty_dir(fd);
		rmdir(made[i]);
		free(made[i]);
	}
	n_made = 0;
}

int scratch_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	static bool registered;
	char *path;

	if (!registered)
		atexit(scratch_remove);
	registered = true;
	ck_assert_uint_lt(n_made, sizeof(made) / sizeof(*made));
	ck_assert_int_gt(asprintf(&path, "%s/shale-unit-XXXXXX", tmp ? tmp : "/tmp"), 0);
	ck_assert_ptr_nonnull(mkdtemp(path));
	made[n_made++] = path;
	ck_assert_int_eq(chmod(path, 0755), 0);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void dump_xattrs(FILE *out, int fd, const char *hide)
{
	auto_free char *list = NULL;
	ssize_t size = opath_xattr_list_all(fd, &list);
	char *names[64];
	size_t n = 0;

	for (char *name = list; size > 0 && name < list + size; name += strlen(name) + 1)
		if (!hide || strncmp(name, hide, strlen(hide)) != 0)
			names[n++] = name;
	qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++) {
		auto_free char *value = NULL;
		ssize_t length = opath_xattr_get_all(fd, names[i], &value);
		fprintf(out, " %s=", names[i]);
		for (ssize_t j = 0; j < length; j++)
			fprintf(out, "%02x", (unsigned char)value[j]);
	}
}

static void dump_data(FILE *out, int dirfd, const char *name)
{
	auto_close int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	unsigned long sum = 5381;
	char buf[65536];
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			sum = sum * 33 + (unsigned char)buf[i];
	fprintf(out, " data=%lx", sum);
}

static void dump_stat(FILE *out, const struct stat *st)
{
	fprintf(out, " %07o %u:%u", st->st_mode, st->st_uid, st->st_gid);
	if (!S_ISDIR(st->st_mode))
		fprintf(out, " size=%lld links=%lu", (long long)st->st_size,
			(unsigned long)st->st_nlink);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		fprintf(out, " dev=%u,%u", major(st->st_rdev), minor(st->st_rdev));
	fprintf(out, " mtime=%lld.%09ld", (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

struct dump {
	FILE *out;
	const char *hide;
	int names_only;
	const char *prefix; /* path of the directory that is being listed, with a slash */
};

static void dump_entry(const struct dump *dump, int dirfd, const char *name, const struct stat *st)
{
	char target[4096] = { 0 };

	if (dump->names_only) {
		static const char types[] = "?pc?d?b?f?l?s";
		fprintf(dump->out, " %c\n", types[(st->st_mode & S_IFMT) >> 12]);
		return;
	}
	auto_close int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	dump_stat(dump->out, st);
	if (S_ISLNK(st->st_mode) && readlinkat(dirfd, name, target, sizeof(target) - 1) > 0)
		fprintf(dump->out, " -> %s", target);
	dump_xattrs(dump->out, fd, dump->hide);
	if (S_ISREG(st->st_mode))
		dump_data(dump->out, dirfd, name);
	fputc('\n', dump->out);
}

void scratch_each(int dirfd, scratch_visit_fn *visit, void *arg)
{
	struct dirent **entries;
	int n = scandirat(dirfd, ".", &entries, NULL, alphasort);

	ck_assert_int_ge(n, 0);
	for (int i = 0; i < n; i++) {
		auto_free struct dirent *entry = entries[i];
		struct stat st;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		ck_assert_int_eq(fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW), 0);
		visit(dirfd, entry->d_name, &st, arg);
	}
	free(entries);
}

static void dump_name(int dirfd, const char *name, const struct stat *st, void *arg)
{
	const struct dump *dump = arg;
	struct dump below = *dump;
	auto_free char *path = NULL;

	fprintf(dump->out, "%s%s", dump->prefix, name);
	dump_entry(dump, dirfd, name, st);
	if (!S_ISDIR(st->st_mode))
		return;
	auto_close int sub = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt(asprintf(&path, "%s%s/", dump->prefix, name), 0);
	below.prefix = path;
	scratch_each(sub, dump_name, &below);
}

static char *dump_all(int dirfd, const char *hide, int names_only)
{
	char *text = NULL;
	size_t size;
	struct dump dump = { open_memstream(&text, &size), hide, names_only, "" };

	scratch_each(dirfd, dump_name, &dump);
	fclose(dump.out);
	return text;
}

char *scratch_dump(int dirfd, const char *hide)
{
	return dump_all(dirfd, hide, 0);
}

void scratch_assert_same(int got, int want, const char *hide)
{
	auto_free char *expected = scratch_dump(want, hide);
	auto_free char *found = scratch_dump(got, hide);

	ck_assert_str_eq(found, expected);
}

char *scratch_names(int dirfd)
{
	return dump_all(dirfd, NULL, 1);
}

char *scratch_read(int dirfd, const char *path)
{
	auto_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	char *text = calloc(1, 65536);

	ck_assert_msg(fd >= 0, "open '%s': %s", path, strerror(errno));
	ck_assert_int_ge(read(fd, text, 65535), 0);
	return text;
}

void scratch_write(int dirfd, const char *path, const char *text)
{
	auto_close int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_msg(fd >= 0, "create '%s': %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, strlen(text)), (long)strlen(text));
}

void scratch_mkdir(int dirfd, const char *path)
{
	ck_assert_msg(mkdirat(dirfd, path, 0755) == 0, "mkdir '%s': %s", path, strerror(errno));
}

void scratch_xattr(int dirfd, const char *path, const char *name, const char *value)
{
	auto_close int fd = openat(dirfd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int r = opath_xattr_set(fd, name, value, strlen(value), 0);

	ck_assert_msg(r == 0, "set '%s' of '%s': %s", name, path, strerror(-r));
}

static int put(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (long)strlen(text);
}

int scratch_become_root(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getegid());
	if (geteuid() == 0)
		return 1;
	if (unshare(CLONE_NEWUSER) == 0 && put("/proc/self/setgroups", "deny") &&
		put("/proc/self/uid_map", uids) && put("/proc/self/gid_map", gids))
		return 1;
	printf("1..0 # SKIP neither root nor allowed to make a user namespace\n");
	return 0;
}

int scratch_is_real_root(void)
{
	auto_fclose FILE *map = fopen("/proc/self/uid_map", "r");
	unsigned int inside, outside, count;

	return map && fscanf(map, "%u %u %u", &inside, &outside, &count) == 3 && geteuid() == 0 &&
	       count == 4294967295U;
}
