/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/compress.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>

#include "common/archive/gzip.h"
#include "common/archive/libarchive.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/thread.h"

/* GZIP compresses gzip; for zstd it is NULL, and libarchive compresses. */
struct compress {
	struct gzip *gzip;
	struct archive *writer;
	compress_fn *write;
	void *arg;
	int failed; /* the error of WRITE */
	struct shale_error err;
};

static la_ssize_t pass_on(struct archive *writer, void *arg, const void *data, size_t size)
{
	struct compress *compress = arg;

	if (compress->failed == 0)
		compress->failed = compress->write(data, size, compress->arg, &compress->err);
	if (compress->failed < 0) {
		archive_set_error(writer, -compress->failed, "write");
		return -1;
	}
	return (la_ssize_t)size;
}

/* Fails with libarchive's error. Some of its codes are no errnos: -1 for "misc", 84 for "file
 * format". */
static int fail(struct compress *compress, struct shale_error *err)
{
	int code = archive_errno(compress->writer);
	const char *words = archive_error_string(compress->writer);

	if (compress->failed < 0) {
		if (err)
			*err = compress->err;
		return compress->failed;
	}
	if (code <= 0 || code == EILSEQ)
		code = EIO;
	return error_fail_plain(err, -code, "compress: %s", words ? words : "it failed");
}

/* Lets libzstd compress in several threads. The bytes are the same with any number of threads, but
 * differ from those without this option. An older libarchive lacks the option. */
static void use_processors(struct archive *writer)
{
	enum { MOST = 8 };
	size_t n = thread_processors();
	char number[24];

	snprintf(number, sizeof(number), "%zu", n < MOST ? n : MOST);
	archive_write_set_filter_option(writer, "zstd", "threads", number);
}

/* Sets up libarchive's "raw" format, which writes the data of its single entry and nothing else. */
static int set_up(struct compress *compress, enum compression kind)
{
	struct archive *writer = compress->writer;
	struct archive_entry *entry;

	if (archive_write_set_format_raw(writer) != ARCHIVE_OK ||
		/* ARCHIVE_WARN would mean that libarchive runs a program found in PATH. */
		archive_write_add_filter_zstd(writer) != ARCHIVE_OK)
		return -1;
	if (kind == COMPRESSION_ZSTD)
		use_processors(writer);
	if (archive_write_set_bytes_per_block(writer, 256 * 1024) != ARCHIVE_OK ||
		archive_write_set_bytes_in_last_block(writer, 1) != ARCHIVE_OK ||
		archive_write_open(writer, compress, NULL, pass_on, NULL) != ARCHIVE_OK)
		return -1;
	entry = archive_entry_new();
	if (!entry)
		return -1;
	archive_entry_set_filetype(entry, AE_IFREG);
	int r = archive_write_header(writer, entry);
	archive_entry_free(entry);
	return r < ARCHIVE_WARN ? -1 : 0;
}

static int open_zstd(struct compress *compress, enum compression kind, struct shale_error *err)
{
	int r = libarchive_load(err);

	if (r < 0)
		return r;
	compress->writer = archive_write_new();
	if (!compress->writer)
		return error_fail(err, -ENOMEM, "compress");
	return set_up(compress, kind) < 0 ? fail(compress, err) : 0;
}

int compress_new(enum compression kind, compress_fn *write, void *arg, struct compress **ret,
	struct shale_error *err)
{
	auto_compress struct compress *compress = calloc(1, sizeof(*compress));

	if (!compress)
		return error_fail(err, -ENOMEM, "compress");
	compress->write = write;
	compress->arg = arg;
	int r = -EINVAL;
	switch (kind) {
	case COMPRESSION_GZIP:
		r = gzip_new(write, arg, 0, &compress->gzip, err);
		break;
	case COMPRESSION_ZSTD:
	case COMPRESSION_ZSTD_ALONE:
		r = open_zstd(compress, kind, err);
		break;
	}
	if (r < 0)
		return r;
	*ret = steal_ptr(&compress);
	return 0;
}

int compress_write(
	struct compress *compress, const void *data, size_t size, struct shale_error *err)
{
	const char *at = data;

	if (compress->gzip)
		return gzip_write(compress->gzip, data, size, err);
	while (size > 0) {
		la_ssize_t n = archive_write_data(compress->writer, at, size);
		if (n <= 0)
			return fail(compress, err);
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int compress_finish(struct compress *compress, struct shale_error *err)
{
	if (compress->gzip)
		return gzip_finish(compress->gzip, err);
	return archive_write_close(compress->writer) < ARCHIVE_WARN ? fail(compress, err) : 0;
}

void compress_free(struct compress *compress)
{
	if (!compress)
		return;
	gzip_free(compress->gzip);
	archive_write_free(compress->writer);
	free(compress);
}
