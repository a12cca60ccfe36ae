/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/tree.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/overlay_xattr.h"
#include "common/overlay/whiteout.h"
#include "tests/differential/listing.h"
#include "tests/differential/result.h"
#include "tests/differential/xattrs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define DIFFERENCES_SHOWN 12

struct reader {
	enum tree_view view;
	dev_t dev;
	struct tree tree;
};

/* Whether the directory FD has an entry that was copied up. */
static bool has_origins(int fd)
{
	size_t n = 0;
	bool found = false;
	auto_close int dir = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_free char **names = listing_names(dir, &n);
	auto_free char *memory = names[n];

	(void)memory;
	for (size_t i = 0; i < n && !found; i++) {
		auto_close int entry = openat(dir, names[i], O_PATH | O_NOFOLLOW | O_CLOEXEC);

		found = opath_xattr_get(entry, "trusted.overlay.origin", NULL, 0) >= 0 ||
			opath_xattr_get(entry, "user.overlay.origin", NULL, 0) >= 0;
	}
	return found;
}

static bool left_out(int fd, const char *name, bool index)
{
	return (index && strstr(name, ".overlay.upper")) || strstr(name, ".overlay.uuid") ||
	       !strcmp(name, "user.overlay.impure") ||
	       (strstr(name, ".overlay.impure") && !has_origins(fd));
}

static void print_xattrs(int fd, enum tree_view view, FILE *out)
{
	bool restacked = view & TREE_RESTACKED;
	auto_free char *names = NULL;
	ssize_t size = opath_xattr_list_all(fd, &names);
	size_t n;

	if (size < 0) {
		fprintf(out, " listxattr:%s", errno_word((int)-size));
		return;
	}
	auto_free char **list = split_names(names, (size_t)size, &n);
	for (size_t i = 0; i < n; i++) {
		auto_free char *value = NULL;
		ssize_t length = opath_xattr_get_all(fd, list[i], &value);

		if (left_out(fd, list[i], view & TREE_INDEX))
			continue;
		if (length < 0) {
			fprintf(out, " %s:%s", list[i], errno_word((int)-length));
			continue;
		}
		auto_free char *hex = malloc(2 * (size_t)length + 1);
		/* In a user namespace the kernel writes an empty origin mark: see allowed.h. */
		if (!strcmp(list[i], "user.overlay.origin") ||
			(restacked && strstr(list[i], ".overlay.origin")))
			length = 0;
		xattr_to_hex(value, (size_t)length, hex);
		fprintf(out, " %s=%s", list[i], hex);
	}
}

static void print_content(int dirfd_, const char *name, bool restacked, FILE *out)
{
	char buffer[16384];
	uint64_t hash = HASH_START;
	ssize_t n;
	auto_close int fd = openat(dirfd_, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		fprintf(out, " open:%s", errno_word(errno));
		return;
	}
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		hash = hash_bytes(hash, buffer, (size_t)n);
	if (n < 0)
		fprintf(out, " read:%s", errno_word(errno));
	fprintf(out, " data=%016llx", (unsigned long long)hash);
	if (restacked)
		return;
	fputs(" extents=", out);
	for (off_t at = 0, end; (at = lseek(fd, at, SEEK_DATA)) >= 0; at = end) {
		end = lseek(fd, at, SEEK_HOLE);
		fprintf(out, "%lld-%lld,", (long long)at, (long long)end);
	}
}

static void print_target(int dirfd_, const char *name, FILE *out)
{
	char target[4096];
	ssize_t n = readlinkat(dirfd_, name, target, sizeof(target));

	if (n < 0)
		fprintf(out, " readlink:%s", errno_word(errno));
	else
		fprintf(out, " -> %.*s", (int)n, target);
}

static void print_line(const struct reader *reader, int dirfd_, const char *name, int fd,
	const struct stat *st, FILE *out)
{
	bool whiteout = (reader->view & TREE_UPPER) && stat_is_whiteout(st);

	if (whiteout)
		fputs("whiteout ", out);
	print_attributes(out, st, !whiteout);
	if (st->st_dev != reader->dev)
		fputs(" other-dev", out);
	if (S_ISLNK(st->st_mode))
		print_target(dirfd_, name, out);
	if (S_ISREG(st->st_mode))
		print_content(dirfd_, name, reader->view & TREE_RESTACKED, out);
	print_xattrs(fd, reader->view, out);
	if (S_ISDIR(st->st_mode) && !(reader->view & TREE_INDEX)) {
		fputs(" list:", out);
		auto_close int dir = openat(dirfd_, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		listing_print(dir, out);
	}
}

static unsigned group_of(const struct tree *tree, ino_t ino)
{
	unsigned last = 0;

	for (size_t i = 0; i < tree->n; i++) {
		if (tree->lines[i].ino == ino)
			return tree->lines[i].group;
		if (tree->lines[i].group > last)
			last = tree->lines[i].group;
	}
	return last + 1;
}

/* Whether inode numbers can be compared: a kernel mount in a user namespace gives several names of
 * one file different numbers. */
static bool numbers_count(const struct reader *reader)
{
	return (reader->view & TREE_UPPER) || xattr_class_of_process() == XATTR_TRUSTED;
}

static void add_line(
	const struct reader *reader, struct tree *tree, char *path, char *text, ino_t ino)
{
	unsigned group = numbers_count(reader) ? group_of(tree, ino) : 0;

	tree->lines = reallocarray(tree->lines, tree->n + 1, sizeof(*tree->lines));
	if (!tree->lines)
		abort();
	tree->lines[tree->n++] = (struct tree_line){ path, text, ino, group };
}

static void read_name(struct reader *reader, int dirfd_, const char *name, const char *path)
{
	struct stat st;
	char *text = NULL;
	size_t size = 0, n = 0;
	auto_close int fd = openat(dirfd_, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	FILE *out = open_memstream(&text, &size);
	int r = fd < 0 ? -1 : fstat(fd, &st);

	if (r < 0)
		fprintf(out, "lookup:%s", errno_word(errno));
	else
		print_line(reader, dirfd_, name, fd, &st, out);
	fclose(out);
	add_line(reader, &reader->tree, strdup(path), text, r < 0 ? 0 : st.st_ino);
	if (r < 0 || !S_ISDIR(st.st_mode))
		return;
	auto_close int dir = openat(dirfd_, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	auto_free char **names = listing_names(dir, &n);
	auto_free char *memory = names[n];

	(void)memory;
	for (size_t i = 0; i < n; i++) {
		auto_free char *below = NULL;

		/* Skips the kernel's temporary files and its shared whiteout. */
		if (reader->view & TREE_INDEX && *names[i] == '#')
			continue;
		if (asprintf(&below, "%s%s%s", path, *path ? "/" : "", names[i]) < 0)
			abort();
		read_name(reader, dir, names[i], below);
	}
}

void tree_read(const char *root, enum tree_view view, struct tree *ret)
{
	struct stat st = { 0 };
	struct reader reader = { .view = view };

	if (stat(root, &st) == 0)
		reader.dev = st.st_dev;
	read_name(&reader, AT_FDCWD, root, "");
	*ret = reader.tree;
}

void tree_free(struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		free(tree->lines[i].path);
		free(tree->lines[i].text);
	}
	free(tree->lines);
	*tree = (struct tree){ 0 };
}

static void print_one(const struct tree_line *line, const char *name, FILE *out)
{
	fprintf(out, "    %s: /%s group=%u %s\n", name, line->path, line->group, line->text);
}

void tree_print(const struct tree *tree, FILE *out)
{
	for (size_t i = 0; i < tree->n; i++)
		fprintf(out, "/%s group=%u %s\n", tree->lines[i].path, tree->lines[i].group,
			tree->lines[i].text);
}

static int order_of(const struct tree_line *a, const struct tree_line *b)
{
	if (!a)
		return 1;
	return b ? strcmp(a->path, b->path) : -1;
}

size_t tree_compare(const struct tree *a, const char *a_name, const struct tree *b,
	const char *b_name, FILE *out)
{
	size_t i = 0, j = 0, n = 0;

	while (i < a->n || j < b->n) {
		const struct tree_line *x = i < a->n ? &a->lines[i] : NULL;
		const struct tree_line *y = j < b->n ? &b->lines[j] : NULL;
		int order = order_of(x, y);

		i += order <= 0;
		j += order >= 0;
		if (order == 0 && !strcmp(x->text, y->text) && x->group == y->group)
			continue;
		if (n++ >= DIFFERENCES_SHOWN)
			continue;
		if (order <= 0)
			print_one(x, a_name, out);
		if (order >= 0)
			print_one(y, b_name, out);
	}
	return n;
}

static const struct tree_line *find_line(const struct tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->n; i++)
		if (!strcmp(tree->lines[i].path, path))
			return &tree->lines[i];
	return NULL;
}

void tree_mark_kept(const struct tree *before, struct tree *after)
{
	for (size_t i = 0; i < after->n; i++) {
		struct tree_line *line = &after->lines[i];
		const struct tree_line *old = find_line(before, line->path);
		char *text = NULL;

		if (!old)
			continue;
		if (asprintf(&text, "%s ino-%s", line->text,
			    old->ino == line->ino ? "kept" : "changed") < 0)
			abort();
		free(line->text);
		line->text = text;
	}
}
