/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/layout_journal.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/archive/digest.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/manifest.h"
#include "common/store/files/smallfile.h"

static const char journal_file[] = ".shale-export";
static const char first_words[] = "shale export 1, index before: ";
static const char *const directories[] = { "blobs/sha256", "blobs/sha512", "blobs" };
enum { N_DIRECTORIES = sizeof(directories) / sizeof(*directories) };

int layout_open_parent(int dir, const char *name, bool make, const char **ret_base)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	auto_close int at = sys(openat(dir, ".", flags));
	const char *slash;

	for (; at >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
		char part[NAME_MAX + 1] = "";
		if (slash - name > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(part, name, (size_t)(slash - name));
		if (make && mkdirat(at, part, 0777) < 0 && errno != EEXIST)
			return -errno;
		int next = sys(openat(at, part, flags));
		cleanup_close(&at);
		at = next;
	}
	*ret_base = name;
	return steal_fd(&at);
}

/* Tells whether NAME exists: 1, 0, or a negative errno if it cannot be told. */
static int exists(int dir, const char *name)
{
	const char *base;
	auto_close int parent = layout_open_parent(dir, name, false, &base);

	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	return smallfile_exists(parent, base);
}

/* Computes the digest of the index; "none" without an index. */
static int index_digest(int dir, char ret[DIGEST_SIZE])
{
	auto_free char *text = NULL;
	ssize_t n = smallfile_read(dir, INDEX_NAME, &text);

	if (n == -ENOENT) {
		strcpy(ret, "none");
		return 0;
	}
	return n < 0 ? (int)n : digest_of(text, (size_t)n, ret);
}

static int add_missing(FILE *out, int dir, const char *name)
{
	int r = exists(dir, name);

	if (r == 0 && fprintf(out, "%s\n", name) < 0)
		return -ENOMEM;
	return r < 0 ? r : 0;
}

/* Writes the names of the files, then those of their directories: the order in which they can be
 * removed. */
static int compose(int dir, const char *const *names, size_t n, FILE *out)
{
	char before[DIGEST_SIZE];
	int r = index_digest(dir, before);

	if (r == 0 && fprintf(out, "%s%s\n", first_words, before) < 0)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = strcmp(names[i], INDEX_NAME) ? add_missing(out, dir, names[i]) : 0;
	for (size_t i = 0; r == 0 && i < N_DIRECTORIES; i++)
		r = add_missing(out, dir, directories[i]);
	return r;
}

int layout_journal_begin(int dir, const char *const *names, size_t n, struct layout_journal *ret,
	struct shale_error *err)
{
	struct layout_journal journal = { .dir = dir };
	auto_free char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r = out ? compose(dir, names, n, out) : -ENOMEM;

	if (out && fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		return error_fail(err, r, "write the journal of new files");
	r = outfile_open(dir, &journal.file, err);
	if (r < 0)
		return r;
	r = fd_write_all(journal.file.fd, text, size);
	if (r == 0)
		r = outfile_publish(&journal.file, dir, journal_file, err);
	if (r == 0)
		r = sys(fsync(dir));
	if (r < 0) {
		unlinkat(dir, journal_file, 0);
		outfile_close(&journal.file);
		return error_fail(err, r, "write the journal of new files");
	}
	*ret = journal;
	return 0;
}

void layout_journal_end(struct layout_journal *journal)
{
	unlinkat(journal->dir, journal_file, 0);
	outfile_close(&journal->file);
	*journal = LAYOUT_JOURNAL_NONE;
}

static bool is_directory(const char *name)
{
	for (size_t i = 0; i < N_DIRECTORIES; i++)
		if (!strcmp(name, directories[i]))
			return true;
	return false;
}

/* Tells whether an entry is the name of a blob: another user may have written the journal, so no
 * other name is accepted. */
static bool is_blob(const char *name)
{
	char digest[BLOB_NAME_SIZE], again[BLOB_NAME_SIZE];

	if (strncmp(name, "blobs/", 6) != 0 || strlen(name) >= sizeof(digest))
		return false;
	strcpy(digest, name + 6);
	char *slash = strchr(digest, '/');
	if (!slash)
		return false;
	*slash = ':';
	if (!digest_is_valid(digest))
		return false;
	digest_blob_name(digest, again);
	return !strcmp(again, name);
}

static void remove_noted(int dir, const char *name)
{
	const bool directory = is_directory(name);
	const char *base;

	if (!directory && !is_blob(name) && strcmp(name, "oci-layout") != 0)
		return;
	auto_close int parent = layout_open_parent(dir, name, false, &base);
	if (parent >= 0)
		unlinkat(parent, base, directory ? AT_REMOVEDIR : 0);
}

static void undo(int dir, char *text)
{
	const size_t n = sizeof(first_words) - 1;
	char now[DIGEST_SIZE], *rest = NULL;
	const char *line = strtok_r(text, "\n", &rest);

	if (!line || strncmp(line, first_words, n) != 0 || index_digest(dir, now) < 0 ||
		strcmp(line + n, now) != 0)
		return;
	while ((line = strtok_r(NULL, "\n", &rest)))
		remove_noted(dir, line);
}

int layout_journal_undo(int dir, struct shale_error *err)
{
	auto_free char *text = NULL;
	ssize_t n = smallfile_read(dir, journal_file, &text);

	if (n == -ENOENT)
		return 0;
	if (n >= 0)
		undo(dir, text);
	if (n >= 0 && unlinkat(dir, journal_file, 0) < 0)
		n = -errno;
	return n < 0 ? error_fail(err, (int)n, "undo what an export left (%s)", journal_file) : 0;
}
