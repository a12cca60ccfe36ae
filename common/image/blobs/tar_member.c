/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/blobs/tar_member.h"

#include <archive.h>
#include <stdbool.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>

#include "common/archive/libarchive.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/blobs/spool.h"

/* Limits for one archive. A real image has a few files for each layer, and an archive may hold many
 * images; a million members can only be an attack on memory. */
enum { MAX_MEMBERS = 1000000, MAX_LINKS = 8, CHUNK = 64 * 1024 };

/* Removes the last component of the LENGTH bytes at PATH. Returns the length of the rest. */
static size_t parent_length(const char *path, size_t length)
{
	while (length > 0 && path[length - 1] != '/')
		length--;
	return length > 0 ? length - 1 : 0;
}

char *member_path(const char *base, const char *path, int *ret_code)
{
	auto_free char *out = malloc(strlen(base) + strlen(path) + 2);
	size_t length = path[0] == '/' ? 0 : strlen(base);

	*ret_code = out ? -EINVAL : -ENOMEM;
	if (!out)
		return NULL;
	memcpy(out, base, length);
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		if (n == 2 && memcmp(p, "..", 2) == 0) {
			if (length == 0)
				return NULL;
			length = parent_length(out, length);
		} else if (n > 0 && !(n == 1 && *p == '.')) {
			if (length > 0)
				out[length++] = '/';
			memcpy(out + length, p, n);
			length += n;
		}
		p += n;
		p += strspn(p, "/");
	}
	out[length] = '\0';
	return length > 0 ? steal_ptr(&out) : NULL;
}

static int add_member(struct members *members, const struct member *member)
{
	if (members->n >= MAX_MEMBERS)
		return -E2BIG;
	if ((members->n & (members->n - 1)) == 0) {
		size_t room = members->n ? members->n * 2 : 1;
		void *list = realloc(members->list, room * sizeof(*member));
		if (!list)
			return -ENOMEM;
		members->list = list;
	}
	members->list[members->n++] = *member;
	return 0;
}

/* Returns the name of a link's target. A symbolic link's target is relative to the link's
 * directory, a hard link's to the root of the archive. */
static char *link_target(struct archive_entry *entry, const char *name, int *ret_code)
{
	const char *hard = archive_entry_hardlink(entry);
	const char *soft = archive_entry_symlink(entry);

	if (hard)
		return member_path("", hard, ret_code);
	if (!soft)
		return NULL;
	auto_free char *base = strndup(name, parent_length(name, strlen(name)));
	return base ? member_path(base, soft, ret_code) : NULL;
}

/* Notes one member. Ignores members that are no files, and names and links that lead outside. */
static int read_member(struct archive *reader, struct archive_entry *entry, struct members *members)
{
	const bool is_link = archive_entry_hardlink(entry) || archive_entry_symlink(entry);
	const char *path = archive_entry_pathname(entry);
	int r = 0;

	if (!path || (!is_link && archive_entry_filetype(entry) != AE_IFREG))
		return 0;
	auto_free char *name = member_path("", path, &r);
	if (!name)
		return r == -ENOMEM ? r : 0;
	auto_free char *link = is_link ? link_target(entry, name, &r) : NULL;
	if (is_link && !link)
		return r == -ENOMEM ? r : 0;
	/* Refuse a sparse member: its holes are missing in the archive, so no range of bytes there
	 * is its data. */
	if (!is_link && archive_entry_sparse_count(entry) > 0)
		return -EOPNOTSUPP;
	const struct member member = { name, link, archive_filter_bytes(reader, -1),
		is_link ? 0 : archive_entry_size(entry) };
	r = add_member(members, &member);
	if (r == 0) {
		steal_ptr(&name);
		steal_ptr(&link);
	}
	return r;
}

/* Tells whether only the padding after the last member is missing. A program in Go that does not
 * close its writer leaves it out, and Go's reader accepts that. */
static bool lacks_padding_only(const struct members *members, uint64_t file_size)
{
	const struct member *last = members->n ? &members->list[members->n - 1] : NULL;

	return last && !last->link && last->at + last->size == file_size && file_size % 512 != 0;
}

static int read_members(struct archive *reader, struct members *members, uint64_t file_size,
	struct shale_error *err)
{
	struct archive_entry *entry;

	for (;;) {
		int r = archive_read_next_header(reader, &entry);
		if (r == ARCHIVE_RETRY)
			continue;
		if (r == ARCHIVE_EOF ||
			(r < ARCHIVE_WARN && lacks_padding_only(members, file_size)))
			return 0;
		if (r < ARCHIVE_WARN)
			return spool_fail(reader, err);
		const char *name = archive_entry_pathname(entry);
		r = read_member(reader, entry, members);
		if (r < 0)
			return error_fail(err, r, "member '%.200s'", name ? name : "?");
		const struct member *last = members->n ? &members->list[members->n - 1] : NULL;
		if (last && (last->at > file_size || last->size > file_size - last->at))
			return error_fail_plain(
				err, -EBADMSG, "it ends in the middle of '%.200s'", last->name);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct member *one = a, *other = b;
	int r = strcmp(one->name, other->name);

	/* Of two members with one name, order the later one first: it counts, as when tar
	 * unpacks. */
	return r ? r : one->at < other->at ? 1 : -1;
}

int members_read(int fd, struct members *ret, struct shale_error *err)
{
	struct members members = { 0 };
	struct stat st;

	if (fstat(fd, &st) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_fail(err, -errno, "read archive");
	int r = libarchive_load(err);
	if (r < 0)
		return r;
	struct archive *reader = archive_read_new();
	if (!reader)
		return error_fail(err, -ENOMEM, "read archive");
	archive_read_support_format_tar(reader);
	r = archive_read_open_fd(reader, fd, CHUNK);
	r = r < ARCHIVE_WARN ? spool_fail(reader, err)
			     : read_members(reader, &members, st.st_size, err);
	archive_read_free(reader);
	if (r < 0) {
		members_free(&members);
		return r;
	}
	if (members.n > 0)
		qsort(members.list, members.n, sizeof(*members.list), by_name);
	*ret = members;
	return 0;
}

static const struct member *first_named(const struct members *members, const char *name)
{
	size_t low = 0, high = members->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(members->list[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == members->n || strcmp(members->list[low].name, name) != 0)
		return NULL;
	return &members->list[low];
}

const struct member *members_find(const struct members *members, const char *name)
{
	int code;
	auto_free char *path = member_path("", name, &code);
	const struct member *member = path ? first_named(members, path) : NULL;

	for (int links = 0; member && member->link && links < MAX_LINKS; links++)
		member = first_named(members, member->link);
	return member && !member->link ? member : NULL;
}

void members_free(struct members *members)
{
	for (size_t i = 0; i < members->n; i++) {
		free(members->list[i].name);
		free(members->list[i].link);
	}
	free(members->list);
	*members = (struct members){ 0 };
}
