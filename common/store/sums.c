/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/sums.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/store/jsonfile.h"
#include "common/store/namestat.h"
#include "common/store/smallfile.h"
#include "common/treewalk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#define MAGIC     "shale sums 2\n"
#define MAGIC_OLD "shale sums 1\n" /* knows nothing of inodes */
#define SUMS      sizeof(struct shale_namesums)
#define STATS     sizeof(struct shale_namestat)

static int open_diff(int dir)
{
	return sys(openat(dir, "diff", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static void hex_of(const void *data, size_t size, char ret[SHALE_SUMS_HEX])
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, size));
	for (size_t i = 0; i < sizeof(canonical.digest); i++)
		sprintf(ret + 2 * i, "%02x", canonical.digest[i]);
}

/* ---- writing ---- */

struct writer {
	struct shale_namesum *sum;
	FILE *to;
};

static int write_name(void *arg, const struct shale_treewalk_name *at)
{
	const struct writer *writer = arg;
	struct shale_namesums sums;
	struct shale_namestat stat;
	int r = shale_namesum_get(writer->sum, at, &sums);

	if (r == 0)
		r = shale_namesum_stat(writer->sum, at, &stat);
	if (r < 0)
		return r;
	fwrite_unlocked(&sums, SUMS, 1, writer->to);
	fwrite_unlocked(&stat, STATS, 1, writer->to);
	fwrite_unlocked(at->path, strlen(at->path) + 1, 1, writer->to);
	return ferror(writer->to) ? -ENOMEM : 0;
}

/* RET: for the caller to free. */
static int collect(struct shale_noted *noted, int dir, char **ret, size_t *ret_size)
{
	auto_namesum struct shale_namesum *sum = shale_namesum_new(noted);
	auto_close int diff = open_diff(dir);
	FILE *to = sum && diff >= 0 ? open_memstream(ret, ret_size) : NULL;
	struct writer writer = { .sum = sum, .to = to };
	const struct shale_treewalk walk = { .fn = write_name, .arg = &writer };

	if (!to)
		return diff < 0 ? diff : -ENOMEM;
	fputs(MAGIC, to);
	int r = shale_treewalk_run(&walk, diff);
	return fclose(to) == 0 ? r : -ENOMEM;
}

static int write_file(int dir, const char *data, size_t size)
{
	auto_close int fd = sys(openat(
		dir, SHALE_SUMS_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));

	return fd < 0 ? fd : shale_write_all(fd, data, size);
}

int shale_sums_write(
	struct shale_noted *noted, int dir, char ret[SHALE_SUMS_HEX], struct shale_error *err)
{
	auto_free char *data = NULL;
	size_t size;
	int r = collect(noted, dir, &data, &size);

	if (r == 0)
		r = write_file(dir, data, size);
	if (r < 0)
		return shale_fail(err, r, "write the digests of its files");
	hex_of(data, size, ret);
	return 0;
}

int shale_sums_disclaim(
	const struct shale_store *store, const struct shale_layer *layer, struct shale_error *err)
{
	auto_json json_t *record = json_copy(layer->record);

	if (!record)
		return shale_fail(err, -ENOMEM, "layer '%s'", layer->id);
	if (json_object_del(record, SHALE_SUMS_KEY) < 0) /* it has none */
		return 0;
	return shale_json_replace(store, layer->dir, "layer.json", record, err);
}

/* ---- comparing ---- */

struct reader {
	struct shale_namesum *sum;
	const char *at, *end; /* what of the file is left */
	bool stats;           /* it has them */
	char *why;            /* the first difference */
};

struct record {
	struct shale_namesums sums;
	struct shale_namestat stat;
	const char *path;
};

/* The next record; false at the end, and for what is no record. */
static bool peek(const struct reader *reader, struct record *ret)
{
	size_t left = (size_t)(reader->end - reader->at);
	size_t fixed = SUMS + (reader->stats ? STATS : 0);

	if (left <= fixed || !memchr(reader->at + fixed, 0, left - fixed))
		return false;
	memcpy(&ret->sums, reader->at, SUMS);
	memcpy(&ret->stat, reader->at + SUMS, fixed - SUMS);
	ret->path = reader->at + fixed;
	return true;
}

/* In the order of the walk, a slash comes before all else. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	int x = *a == '/' ? 1 : (unsigned char)*a, y = *b == '/' ? 1 : (unsigned char)*b;
	if (*a && *b && x == y) /* a slash and the byte 1 */
		return *a == '/' ? -1 : 1;
	return x - y;
}

/* Because of what is there, and not because of the disk or the process. */
static bool is_change(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ELOOP || code == -ENXIO;
}

/* Ends the walk with CODE. */
static int say_unreadable(struct reader *reader, const char *path, int code)
{
	if (asprintf(&reader->why, "'/%s' cannot be read: %s", path, strerror(-code)) < 0) {
		reader->why = NULL;
		return -ENOMEM;
	}
	return is_change(code) ? -ECANCELED : code;
}

/* Ends the walk. */
static int differ(struct reader *reader, const char *path, const char *how)
{
	if (asprintf(&reader->why, "'/%s' %s", path, how) < 0) {
		reader->why = NULL;
		return -ENOMEM;
	}
	return -ECANCELED;
}

static int compare_stat(struct reader *reader, const struct shale_treewalk_name *at,
	const struct shale_namestat *before)
{
	struct shale_namestat now;
	char how[80];
	int r = shale_namestat_get(at, &now);

	if (r < 0)
		return say_unreadable(reader, at->path, r);
	const char *what = shale_namestat_differs(before, &now);
	if (!what)
		return 0;
	snprintf(how, sizeof(how), "has another %s than when it was made", what);
	return differ(reader, at->path, how);
}

static int compare_name(void *arg, const struct shale_treewalk_name *at)
{
	struct reader *reader = arg;
	struct shale_namesums sums;
	struct record record;
	int order = peek(reader, &record) ? compare_paths(record.path, at->path) : 1;

	if (order < 0)
		return differ(reader, record.path, "is lost");
	if (order > 0)
		return differ(reader, at->path, "does not belong to it");
	reader->at = record.path + strlen(record.path) + 1;
	int r = shale_namesum_get(reader->sum, at, &sums);
	if (r < 0)
		return say_unreadable(reader, at->path, r);
	if (sums.type != record.sums.type)
		return differ(reader, at->path, "has another type than when it was made");
	if (memcmp(&sums.data, &record.sums.data, sizeof(sums.data)) != 0)
		return differ(reader, at->path, "has other data than when it was made");
	return reader->stats ? compare_stat(reader, at, &record.stat) : 0;
}

static int compare_tree(struct reader *reader, int dir)
{
	auto_close int diff = open_diff(dir);
	const struct shale_treewalk walk = { .fn = compare_name, .arg = reader };
	struct record record;

	if (diff < 0)
		return diff;
	int r = shale_treewalk_run(&walk, diff);
	if (r == 0 && peek(reader, &record))
		r = differ(reader, record.path, "is lost");
	return r == -ECANCELED ? 0 : r;
}

static int say(char **ret_why, const char *words)
{
	*ret_why = strdup(words);
	return *ret_why ? 0 : -ENOMEM;
}

static int compare_with(const char *data, size_t size, int dir, const char *hex, char **ret_why)
{
	char found[SHALE_SUMS_HEX];

	hex_of(data, size, found);
	bool known = size >= strlen(MAGIC), old = known && !memcmp(data, MAGIC_OLD, strlen(MAGIC));
	known = known && (old || !memcmp(data, MAGIC, strlen(MAGIC)));
	if (strcmp(found, hex) != 0 || !known)
		return say(ret_why, "the file of its digests is damaged");
	auto_namesum struct shale_namesum *sum = shale_namesum_new(NULL);
	if (!sum)
		return -ENOMEM;
	struct reader reader = {
		.sum = sum, .at = data + strlen(MAGIC), .end = data + size, .stats = !old
	};
	int r = compare_tree(&reader, dir);
	*ret_why = reader.why;
	return r;
}

int shale_sums_check(int dir, const char *hex, char **ret_why)
{
	auto_close int fd = sys(openat(dir, SHALE_SUMS_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
	struct stat st;

	*ret_why = NULL;
	if (fd == -ENOENT)
		return say(ret_why, "the file of its digests is lost");
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	/* Not mapped: a page that cannot be read would be a SIGBUS. */
	auto_free char *data = malloc((size_t)st.st_size + 1);
	if (!data)
		return -ENOMEM;
	ssize_t size = shale_read_all(fd, data, (size_t)st.st_size);
	return size < 0 ? (int)size : compare_with(data, (size_t)size, dir, hex, ret_why);
}
