/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/naive.h"

#include "common/base/scope.h"
#include "common/overlay/whiteout.h"
#include "tests/unit/scratch.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static int open_at(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "open '%s': %s", name, strerror(errno));
	return fd;
}

/* ---- one layer over the tree so far ---- */

struct copied {
	ino_t ino;
	int dirfd; /* descriptor of a directory of the flat tree */
	char name[16];
};

struct flat {
	int dirfd;
	struct copied *links; /* files of this layer that have several names */
	size_t *n_links;
};

static void delete_tree(int dirfd, const char *name, const struct stat *st, void *arg)
{
	if (S_ISDIR(st->st_mode)) {
		auto_close int sub = open_at(dirfd, name);
		scratch_each(sub, delete_tree, arg);
	}
	unlinkat(dirfd, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0);
}

static void delete_name(int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		delete_tree(dirfd, name, &st, NULL);
}

static void copy_file(int from, const char *name, const struct stat *st, int to)
{
	auto_close int in = open_at(from, name);
	auto_close int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char buf[256];
	ssize_t n = read(in, buf, sizeof(buf));

	ck_assert_int_eq(write(out, buf, (size_t)n), n);
	n = fgetxattr(in, "user.x", buf, sizeof(buf));
	if (n >= 0)
		fsetxattr(out, "user.x", buf, (size_t)n, 0);
	fchmod(out, st->st_mode & 07777);
	futimens(out, (struct timespec[]){ st->st_mtim, st->st_mtim });
}

static void copy_link(int from, const char *name, const struct stat *st, int to)
{
	char target[256] = { 0 };

	ck_assert_int_gt(readlinkat(from, name, target, sizeof(target) - 1), 0);
	ck_assert_int_eq(symlinkat(target, to, name), 0);
	utimensat(to, name, (struct timespec[]){ st->st_mtim, st->st_mtim }, AT_SYMLINK_NOFOLLOW);
}

static bool link_copied(const struct flat *flat, const char *name, const struct stat *st)
{
	for (size_t i = 0; i < *flat->n_links; i++)
		if (flat->links[i].ino == st->st_ino)
			return linkat(flat->links[i].dirfd, flat->links[i].name, flat->dirfd, name,
				       0) == 0;
	if (st->st_nlink < 2)
		return false;
	struct copied *copied = &flat->links[(*flat->n_links)++];
	*copied = (struct copied){ st->st_ino, dup(flat->dirfd), { 0 } };
	strncpy(copied->name, name, sizeof(copied->name) - 1);
	return false;
}

static bool is_opaque(int fd)
{
	char value = 0;

	return fgetxattr(fd, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}

static void lay_other(int from, const char *name, const struct stat *st, const struct flat *flat)
{
	delete_name(flat->dirfd, name);
	if (stat_is_whiteout(st))
		return;
	if (link_copied(flat, name, st))
		return;
	if (S_ISLNK(st->st_mode))
		copy_link(from, name, st, flat->dirfd);
	else
		copy_file(from, name, st, flat->dirfd);
}

static void lay_over(int from, const char *name, const struct stat *st, void *arg)
{
	const struct flat *flat = arg;
	struct stat old;

	if (!S_ISDIR(st->st_mode)) {
		lay_other(from, name, st, flat);
		return;
	}
	auto_close int in = open_at(from, name);
	if (fstatat(flat->dirfd, name, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
		(is_opaque(in) || !S_ISDIR(old.st_mode)))
		delete_name(flat->dirfd, name);
	mkdirat(flat->dirfd, name, 0700);
	struct flat sub = { open_at(flat->dirfd, name), flat->links, flat->n_links };
	scratch_each(in, lay_over, &sub);
	fchmod(sub.dirfd, st->st_mode & 07777);
	futimens(sub.dirfd, (struct timespec[]){ st->st_mtim, st->st_mtim });
	close(sub.dirfd);
}

int naive_flatten(const int *layers, size_t n)
{
	int root = scratch_dir();

	for (size_t i = n; i-- > 0;) {
		struct copied links[256];
		size_t n_links = 0;
		struct flat flat = { root, links, &n_links };
		scratch_each(layers[i], lay_over, &flat);
		while (n_links > 0)
			close(links[--n_links].dirfd);
	}
	return root;
}

/* ---- two trees, file by file ---- */

struct compare {
	int other; /* the directory of the same name in the other tree, or -1 */
	const char *path;
	char *lines[4096];
	size_t n;
	uint64_t size;
	ino_t counted[4096];
	size_t n_counted;
};

static void note(struct compare *compare, char kind, const char *path)
{
	ck_assert_uint_lt(compare->n, 4096);
	ck_assert_int_gt(asprintf(&compare->lines[compare->n++], "%c %s\n", kind, path), 0);
}

static bool differs(const struct stat *a, const struct stat *b)
{
	bool times = a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
		     (a->st_mtim.tv_nsec != b->st_mtim.tv_nsec && a->st_mtim.tv_nsec != 0 &&
			     b->st_mtim.tv_nsec != 0);

	return a->st_mode != b->st_mode || a->st_uid != b->st_uid || a->st_gid != b->st_gid ||
	       a->st_rdev != b->st_rdev ||
	       (!S_ISDIR(a->st_mode) && (times || a->st_size != b->st_size));
}

static void count(struct compare *compare, const struct stat *st)
{
	for (size_t i = 0; i < compare->n_counted; i++)
		if (compare->counted[i] == st->st_ino)
			return;
	compare->counted[compare->n_counted++] = st->st_ino;
	compare->size += (uint64_t)st->st_size;
}

static bool there(int dirfd, const char *name, struct stat *ret)
{
	return dirfd >= 0 && fstatat(dirfd, name, ret, AT_SYMLINK_NOFOLLOW) == 0;
}

static void find_vanished(int old, const char *name, const struct stat *st, void *arg)
{
	struct compare *compare = arg;
	auto_free char *path = NULL;
	struct stat now;

	(void)old, (void)st;
	ck_assert_int_gt(asprintf(&path, "%s/%s", compare->path, name), 0);
	if (!there(compare->other, name, &now))
		note(compare, 'D', path);
}

/* Compares the file NAME of both trees. Returns true if it noted a change of NAME itself. */
static bool compare_name(
	struct compare *compare, const char *name, const char *path, const struct stat *st)
{
	struct stat was;
	bool old = there(compare->other, name, &was);

	if (old && !differs(&was, st))
		return false;
	note(compare, old ? 'C' : 'A', path);
	if (!S_ISDIR(st->st_mode))
		count(compare, st);
	return true;
}

static void compare_one(int new, const char *name, const struct stat *st, void *arg)
{
	struct compare *compare = arg;
	int other = compare->other;
	const char *above = compare->path;
	auto_free char *path = NULL;
	struct stat was;

	ck_assert_int_gt(asprintf(&path, "%s/%s", above, name), 0);
	bool noted = compare_name(compare, name, path, st);
	if (!S_ISDIR(st->st_mode))
		return;
	size_t before = compare->n;
	auto_close int sub = open_at(new, name);
	auto_close int old = there(other, name, &was) && S_ISDIR(was.st_mode) ? open_at(other, name)
									      : -1;
	compare->path = path;
	if (old >= 0) {
		compare->other = sub;
		scratch_each(old, find_vanished, compare);
	}
	compare->other = old;
	scratch_each(sub, compare_one, compare);
	compare->other = other;
	compare->path = above;
	if (!noted && compare->n > before)
		note(compare, 'C', path);
}

static struct compare *compare_trees(int old, int new)
{
	struct compare *compare = calloc(1, sizeof(*compare));

	compare->path = "";
	compare->other = new;
	scratch_each(old, find_vanished, compare);
	compare->other = old;
	scratch_each(new, compare_one, compare);
	return compare;
}

static int by_path(const void *left, const void *right)
{
	return strcmp(*(char *const *)left + 2, *(char *const *)right + 2);
}

char *naive_changes(int old, int new)
{
	struct compare *compare = compare_trees(old, new);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	qsort(compare->lines, compare->n, sizeof(*compare->lines), by_path);
	for (size_t i = 0; i < compare->n; i++) {
		fputs(compare->lines[i], out);
		free(compare->lines[i]);
	}
	fclose(out);
	free(compare);
	return text;
}

uint64_t naive_size(int old, int new)
{
	struct compare *compare = compare_trees(old, new);
	uint64_t size = compare->size;

	for (size_t i = 0; i < compare->n; i++)
		free(compare->lines[i]);
	free(compare);
	return size;
}

/* ---- random layers ---- */

static unsigned int pick(unsigned int *seed, unsigned int n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % n;
}

/* Makes a file. Uses few sizes, modes and times, so that many files equal the one that they
 * cover. */
static void random_file(int dirfd, const char *name, unsigned int *seed)
{
	static const char *const texts[] = { "", "1", "12345" };
	struct timespec time = { 100 + pick(seed, 2), pick(seed, 3) == 0 ? 5 : 0 };

	scratch_write(dirfd, name, texts[pick(seed, 3)]);
	fchmodat(dirfd, name, pick(seed, 4) ? 0644 : 0600, 0);
	if (pick(seed, 5) == 0)
		scratch_xattr(dirfd, name, "user.x", "value");
	utimensat(dirfd, name, (struct timespec[]){ time, time }, 0);
}

static void random_names(int dirfd, int depth, unsigned int *seed)
{
	static const char *const names[] = { "a", "b", "b.c", "d" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		unsigned int kind = pick(seed, depth < 3 ? 11 : 7);
		if (kind < 2)
			random_file(dirfd, names[i], seed);
		else if (kind == 2)
			ck_assert_int_eq(whiteout_make(dirfd, names[i]), 0);
		else if (kind == 3)
			ck_assert_int_eq(symlinkat(pick(seed, 2) ? "x" : "y", dirfd, names[i]), 0);
		else if (kind == 4 && i > 0)
			(void)!linkat(dirfd, names[i - 1], dirfd, names[i], 0);
		if (kind < 7)
			continue;
		scratch_mkdir(dirfd, names[i]);
		if (kind == 7)
			scratch_xattr(dirfd, names[i], "user.overlay.opaque", "y");
		fchmodat(dirfd, names[i], pick(seed, 4) ? 0755 : 0700, 0);
		auto_close int sub = open_at(dirfd, names[i]);
		random_names(sub, depth + 1, seed);
	}
}

void naive_random_layer(int dirfd, unsigned int *seed)
{
	random_names(dirfd, 0, seed);
}
