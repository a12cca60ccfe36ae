/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/sums/sums.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/files/jsonfile.h"
#include "common/store/sums/namestat.h"
#include "common/store/original_stream.h"
#include "common/store/files/smallfile.h"
#include "common/base/treewalk.h"
#include "common/store/replace_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAGIC      "shale sums 3\n"
#define MAGIC_2    "shale sums 2\n" /* version 2: each record has its whole path */
#define MAGIC_1    "shale sums 1\n" /* version 1: whole paths, and no struct namestat */
#define MAGIC_SIZE (sizeof(MAGIC) - 1)
#define BUFFER     ((size_t)64 * 1024)

static int open_diff(int dir)
{
	return sys(openat(dir, "diff", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* ---- writing ---- */

struct writer {
	struct namesum *sum;
	struct filesum *filesum;
	FILE *to;
};

static void put(const struct writer *writer, const void *data, size_t size)
{
	filesum_add(writer->filesum, data, size);
	fwrite_unlocked(data, size, 1, writer->to);
}

static int write_name(void *arg, const struct treewalk_name *at)
{
	const struct writer *writer = arg;
	struct namesums sums;
	struct namestat stat;
	int r = namesum_get(writer->sum, at, &sums);

	if (r == 0)
		r = namesum_stat(writer->sum, at, &stat);
	if (r < 0)
		return r;
	const struct sums_head head = { sums, stat, (uint32_t)at->depth };
	put(writer, &head, sizeof(head));
	put(writer, at->name, strlen(at->name) + 1);
	return ferror_unlocked(writer->to) ? -EIO : 0;
}

/* Closes the file. Returns CODE, the caller's result, or the error of the last write or of the
 * close. An earlier failed write is only known as -EIO, since stdio does not keep its errno. */
static int close_writer(FILE *to, int code)
{
	errno = 0;
	bool failed = ferror_unlocked(to) || fflush_unlocked(to) != 0;
	int error = errno ? -errno : -EIO;

	return fclose(to) == 0 && !failed ? code : code < 0 && code != -EIO ? code : error;
}

static int write_all(struct noted *noted, int dir, int fd, char ret[SUMS_HEX])
{
	auto_namesum struct namesum *sum = namesum_new(noted);
	auto_filesum struct filesum *filesum = filesum_new();
	auto_close int diff = open_diff(dir);
	FILE *to = sum && filesum && diff >= 0 ? fdopen(fd, "w") : NULL;
	struct writer writer = { .sum = sum, .filesum = filesum, .to = to };
	const struct treewalk walk = { .fn = write_name, .arg = &writer };

	if (!to) {
		close(fd);
		return diff < 0 ? diff : -ENOMEM;
	}
	setvbuf(to, NULL, _IOFBF, BUFFER);
	put(&writer, MAGIC, MAGIC_SIZE);
	int r = close_writer(to, treewalk_run(&walk, diff));
	filesum_end(filesum, ret);
	return r;
}

int sums_write(struct noted *noted, int dir, char ret[SUMS_HEX], struct shale_error *err)
{
	int fd = sys(
		openat(dir, SUMS_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	int r = fd < 0 ? fd : write_all(noted, dir, fd, ret);

	if (r < 0 && fd >= 0)
		unlinkat(dir, SUMS_FILE, 0);
	return r < 0 ? error_fail(err, r, "write the digests of its files") : 0;
}

int sums_disclaim(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err)
{
	auto_json json_t *record = json_copy(layer->record);

	if (!record)
		return error_fail(err, -ENOMEM, "layer '%s'", layer->id);
	int sums = json_object_del(record, SUMS_KEY);
	int original = json_object_del(record, ORIGINAL_STREAM_KEY);
	/* the record has neither digests nor a kept stream to remove */
	if (sums < 0 && original < 0)
		return 0;
	return json_replace(store, layer->dir, "layer.json", record, err);
}

/* ---- comparing ---- */

struct record {
	struct sums_head head;
	const char *name;
};

struct reader {
	struct namesum *sum;
	FILE *from;
	bool stats, paths; /* the file's version has struct namestat; it has whole paths */
	struct record next;
	int state;  /* 1: NEXT is the next record; 0: the file has ended */
	char *line; /* memory for the name in NEXT */
	size_t line_room;
	/* The path of the last record, and the offsets at which its components end. */
	char *path;
	size_t path_room, *ends, ends_room, depth;
	char *why; /* the first difference in words */
	struct progress *progress;
};

/* Ends the walk at the first difference. No system call on files returns this error. */
#define DIFFERS (-EDOM)

static void free_reader(struct reader *reader)
{
	free(reader->line);
	free(reader->path);
	free(reader->ends);
	if (reader->from)
		fclose(reader->from);
}

/* In an older version a record has its whole path: splits it into the depth and the last name. */
static void split_path(struct record *record)
{
	const char *slash;

	for (record->head.depth = 1; (slash = strchr(record->name, '/')); record->head.depth++)
		record->name = slash + 1;
}

/* Reads the next record. A malformed record ends the file like its end: the file's own digest was
 * right, so nothing was damaged. */
static int read_next(struct reader *reader)
{
	struct sums_head head = { 0 };
	size_t size = offsetof(struct sums_head, depth);

	if (!reader->paths)
		size = sizeof(head);
	else if (!reader->stats)
		size = offsetof(struct sums_head, stat);
	reader->state = 0;
	if (fread(&head, size, 1, reader->from) != 1)
		return ferror_unlocked(reader->from) ? -EIO : 0;
	if (getdelim(&reader->line, &reader->line_room, 0, reader->from) < 0)
		return ferror_unlocked(reader->from) ? -EIO : 0;
	reader->next = (struct record){ head, reader->line };
	if (reader->paths)
		split_path(&reader->next);
	reader->state = reader->next.head.depth > 0 && reader->next.head.depth <= reader->depth + 1;
	return 0;
}

/* Makes PATH the path of the next record. */
static int follow(struct reader *reader)
{
	const struct record *next = &reader->next;
	size_t depth = next->head.depth, length = strlen(next->name);
	size_t at = depth > 1 ? reader->ends[depth - 2] + 1 : 0;

	if (depth > reader->ends_room) {
		size_t *ends = reallocarray(reader->ends, 2 * depth, sizeof(*ends));
		if (!ends)
			return -ENOMEM;
		reader->ends = ends;
		reader->ends_room = 2 * depth;
	}
	if (at + length + 1 > reader->path_room) {
		char *path = realloc(reader->path, 2 * (at + length) + 2);
		if (!path)
			return -ENOMEM;
		reader->path = path;
		reader->path_room = 2 * (at + length) + 2;
	}
	if (at)
		reader->path[at - 1] = '/';
	memcpy(reader->path + at, next->name, length + 1);
	reader->ends[depth - 1] = at + length;
	reader->depth = depth;
	return 0;
}

/* Tells whether CODE shows a change of the files, and not a failure of the disk or the process. */
static bool is_change(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ELOOP || code == -ENXIO;
}

/* A file cannot be read: keeps its path and the error in words, and returns the code that ends the
 * walk. */
static int say_unreadable(struct reader *reader, const char *path, int code)
{
	if (asprintf(&reader->why, "'/%s' cannot be read: %s", path, strerror(-code)) < 0) {
		reader->why = NULL;
		return -ENOMEM;
	}
	return is_change(code) ? DIFFERS : code;
}

/* A file differs: keeps its path and HOW it differs in words, and returns the code that ends the
 * walk. */
static int differ(struct reader *reader, const char *path, const char *how)
{
	if (asprintf(&reader->why, "'/%s' %s", path, how) < 0) {
		reader->why = NULL;
		return -ENOMEM;
	}
	return DIFFERS;
}

static int compare_stat(
	struct reader *reader, const struct treewalk_name *at, const struct namestat *before)
{
	struct namestat now;
	uint32_t counted;
	char how[80];
	int r = namestat_get(at, &now, &counted);

	if (r < 0)
		return say_unreadable(reader, at->path, r);
	const char *what = namestat_differs(before, &now, counted);
	if (!what)
		return 0;
	snprintf(how, sizeof(how), "has another %s than when it was made", what);
	return differ(reader, at->path, how);
}

static int say_lost(struct reader *reader)
{
	int r = follow(reader);

	return r < 0 ? r : differ(reader, reader->path, "is lost");
}

/* Compares the places of two names in the order of the walk. Their parents are the same up to the
 * shorter depth, so the deeper name comes first. */
static int compare_places(const struct record *record, const struct treewalk_name *at)
{
	if (record->head.depth != at->depth)
		return record->head.depth > at->depth ? -1 : 1;
	return strcmp(record->name, at->name);
}

static int compare_name(void *arg, const struct treewalk_name *at)
{
	struct reader *reader = arg;
	struct namesums sums;
	int order = reader->state ? compare_places(&reader->next, at) : 1;

	if (order < 0)
		return say_lost(reader);
	if (order > 0)
		return differ(reader, at->path, "does not belong to it");
	const struct sums_head head = reader->next.head;
	int r = progress_step(reader->progress);
	if (r == 0)
		r = follow(reader);
	if (r == 0)
		r = read_next(reader);
	if (r < 0)
		return r;
	r = namesum_get(reader->sum, at, &sums);
	if (r < 0)
		return say_unreadable(reader, at->path, r);
	if (sums.type != head.sums.type)
		return differ(reader, at->path, "has another type than when it was made");
	if (memcmp(&sums.data, &head.sums.data, sizeof(sums.data)) != 0)
		return differ(reader, at->path, "has other data than when it was made");
	const struct namestat stat = head.stat;
	return reader->stats ? compare_stat(reader, at, &stat) : 0;
}

static int compare_tree(struct reader *reader, int dir)
{
	auto_close int diff = open_diff(dir);
	const struct treewalk walk = { .fn = compare_name, .arg = reader };
	int r = diff < 0 ? diff : read_next(reader);

	if (r == 0)
		r = treewalk_run(&walk, diff);
	if (r == 0 && reader->state)
		r = say_lost(reader);
	return r == DIFFERS ? 0 : r;
}

static int say(char **ret_why, const char *words)
{
	*ret_why = strdup(words);
	return *ret_why ? 0 : -ENOMEM;
}

/* Reads the file's head. Returns 1 if the file has the digest HEX and a version that is known. */
static int begin(struct reader *reader, const char *hex)
{
	char found[SUMS_HEX], magic[MAGIC_SIZE];
	int r = filesum_of_file(fileno(reader->from), found);

	if (r < 0 || strcmp(found, hex) != 0)
		return r;
	if (fread_unlocked(magic, sizeof(magic), 1, reader->from) != 1)
		return 0;
	reader->stats = memcmp(magic, MAGIC_1, MAGIC_SIZE) != 0;
	reader->paths = memcmp(magic, MAGIC, MAGIC_SIZE) != 0;
	return !reader->paths || !reader->stats || !memcmp(magic, MAGIC_2, MAGIC_SIZE);
}

int sums_check(int dir, const char *hex, struct progress *progress, char **ret_why)
{
	auto_close int fd = smallfile_open(dir, SUMS_FILE);
	auto_namesum struct namesum *sum = namesum_new(NULL);
	struct reader reader
		__attribute__((cleanup(free_reader))) = { .sum = sum, .progress = progress };

	*ret_why = NULL;
	if (fd == -ENOENT)
		return say(ret_why, "the file of its digests is lost");
	if (fd == -EINVAL || fd == -ELOOP)
		return say(ret_why, "the file of its digests is damaged");
	if (fd < 0 || !sum)
		return fd < 0 ? fd : -ENOMEM;
	reader.from = fdopen(fd, "r");
	if (!reader.from)
		return -ENOMEM;
	steal_fd(&fd);
	setvbuf(reader.from, NULL, _IOFBF, BUFFER);
	int r = begin(&reader, hex);
	if (r == 0)
		return say(ret_why, "the file of its digests is damaged");
	if (r > 0)
		r = compare_tree(&reader, dir);
	*ret_why = reader.why;
	return r;
}
