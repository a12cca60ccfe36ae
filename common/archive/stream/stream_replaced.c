/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/stream/stream_replaced.h"

#include "common/archive/stream/stream_files.h"
#include "common/archive/stream/stream_reader.h"
#include "common/archive/stream/stream_writer.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/treewalk.h"
#include "common/base/wholeio.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define CHUNK ((size_t)64 * 1024)

/* The name of a file in ASIDE: its inode number, which no other file has while this one exists. */
struct aside_name {
	char text[32];
};

static struct aside_name name_of_file(uint64_t ino)
{
	struct aside_name name;

	snprintf(name.text, sizeof(name.text), "i%" PRIx64, ino);
	return name;
}

static struct aside_name name_of_dir(unsigned long number)
{
	struct aside_name name;

	snprintf(name.text, sizeof(name.text), "d%lu", number);
	return name;
}

int stream_put_aside(
	int aside, int dirfd, const char *name, const struct stat *st, unsigned long *counter)
{
	if (S_ISDIR(st->st_mode))
		return sys(renameat(dirfd, name, aside, name_of_dir((*counter)++).text));
	int r = sys(renameat(dirfd, name, aside, name_of_file(st->st_ino).text));
	++*counter;
	/* If both names are hard links to one file, rename() does nothing. Remove the old name
	 * then. */
	if (r == 0 && st->st_nlink > 1)
		r = sys(unlinkat(dirfd, name, 0));
	return r == -ENOENT ? 0 : r;
}

/* ---- directories that were put aside ---- */

static int move_up(void *arg, const struct treewalk_name *at)
{
	const struct stream_rewrite *what = arg;
	struct stat st;

	if (at->type != DT_REG)
		return 0;
	int r = sys(fstatat(at->dirfd, at->name, &st, AT_SYMLINK_NOFOLLOW));
	return r < 0 ? r
		     : sys(renameat(
			       at->dirfd, at->name, what->aside, name_of_file(st.st_ino).text));
}

static int flatten(const struct stream_rewrite *what)
{
	const struct treewalk walk = { .fn = move_up, .arg = (void *)what };

	for (unsigned long i = 0; i < what->replaced; i++) {
		auto_close int dir = sys(openat(what->aside, name_of_dir(i).text,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
		int r = dir == -ENOENT ? 0 : dir < 0 ? dir : treewalk_run(&walk, dir);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- writing the final record ---- */

struct rewriting {
	const struct stream_rewrite *what;
	struct stream_files files;
	struct stream_writer *writer;
	FILE *inos;
	uint64_t length; /* length of the restored stream so far */
	char *buf;       /* a buffer of CHUNK bytes */
};

static int keep(struct rewriting *rewriting, const void *data, size_t size, struct shale_error *err)
{
	rewriting->length += size;
	return stream_writer_keep(rewriting->writer, data, size, err);
}

static int keep_data(
	struct rewriting *rewriting, int fd, uint64_t at, uint64_t size, struct shale_error *err)
{
	while (size > 0) {
		ssize_t n = pread(
			fd, rewriting->buf, size < CHUNK ? (size_t)size : CHUNK, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_fail(
				err, n < 0 ? -errno : -EIO, "read a file that was replaced");
		int r = keep(rewriting, rewriting->buf, (size_t)n, err);
		if (r < 0)
			return r;
		at += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 0;
}

static int refer(struct rewriting *rewriting, const struct stream_run *run, struct shale_error *err)
{
	rewriting->length += run->size;
	return stream_writer_refer(rewriting->writer, run, err);
}

struct found {
	int fd;
	bool in_layer;
	uint64_t ino, size;
};

/* Finds the file of PIECE: at its path, or in ASIDE. */
static int find(struct rewriting *rewriting, const struct stream_piece *piece, struct found *ret)
{
	uint64_t ino, found = 0;
	struct stat st;

	if (fread(&ino, sizeof(ino), 1, rewriting->inos) != 1)
		return -EIO;
	ret->ino = ino;
	ret->fd = stream_files_open(&rewriting->files, piece->path, &found, &ret->size);
	ret->in_layer = ret->fd >= 0 && found == ino;
	if (ret->in_layer)
		return 0;
	cleanup_close(&ret->fd);
	ret->fd = sys(openat(
		rewriting->what->aside, name_of_file(ino).text, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
	if (ret->fd < 0)
		return ret->fd;
	int r = sys(fstat(ret->fd, &st));
	ret->size = (uint64_t)st.st_size;
	return r;
}

static int keep_header(struct rewriting *rewriting, const unsigned char *header, uint64_t size,
	struct shale_error *err)
{
	unsigned char block[STREAM_BLOCK];

	if (!header)
		return 0;
	stream_complete(header, size, block);
	return keep(rewriting, block, sizeof(block), err);
}

static int rewrite_file(
	struct rewriting *rewriting, const struct stream_piece *piece, struct shale_error *err)
{
	static const char zeros[STREAM_BLOCK];
	struct found found = { .fd = -1 };
	int r = find(rewriting, piece, &found);
	auto_close int fd = found.fd;

	if (r < 0)
		return error_fail(err, r, "open a file that was replaced");
	const struct stream_run run = { piece->path, found.ino, piece->offset,
		piece->whole ? found.size : piece->length, piece->whole };
	r = keep_header(rewriting, piece->header, found.size, err);
	if (r == 0)
		r = found.in_layer ? refer(rewriting, &run, err)
				   : keep_data(rewriting, fd, run.offset, run.size, err);
	if (r == 0 && piece->whole)
		r = keep(rewriting, zeros, stream_padding(rewriting->length), err);
	return r;
}

static int rewrite_pieces(
	struct rewriting *rewriting, struct stream_reader *reader, struct shale_error *err)
{
	struct stream_piece piece;
	int r;

	while ((r = stream_reader_next(reader, &piece, err)) > 0) {
		r = piece.path ? rewrite_file(rewriting, &piece, err)
			       : keep(rewriting, piece.data, piece.size, err);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : stream_writer_finish(rewriting->writer, err);
}

static int rewrite(const struct stream_rewrite *what, FILE *inos, struct shale_error *err)
{
	auto_stream_reader struct stream_reader *reader = NULL;
	auto_stream_writer struct stream_writer *writer = NULL;
	auto_free char *buf = malloc(CHUNK);
	struct rewriting rewriting = {
		.what = what, .files = { what->root, -1, NULL }, .inos = inos, .buf = buf
	};
	int r = buf ? stream_reader_open(what->from, &reader, err)
		    : error_fail(err, -ENOMEM, "record the stream");

	if (r == 0)
		r = stream_writer_new(what->to, -1, &writer, err);
	rewriting.writer = writer;
	if (r == 0)
		r = rewrite_pieces(&rewriting, reader, err);
	stream_files_close(&rewriting.files);
	return r;
}

int stream_rewrite(const struct stream_rewrite *what, struct shale_error *err)
{
	int r = flatten(what);

	if (r < 0)
		return error_fail(err, r, "look for files that were replaced");
	int fd = sys(fcntl(what->inos, F_DUPFD_CLOEXEC, 0));
	auto_fclose FILE *inos = fd < 0 ? NULL : fdopen(fd, "r");
	if (!inos) {
		cleanup_close(&fd);
		return error_fail(err, -ENOMEM, "record the stream");
	}
	return rewrite(what, inos, err);
}
