/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/gzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "common/archive/libarchive.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/image/spool.h"

struct shale_gzip {
	struct archive *writer;
	shale_gzip_fn *write;
	void *arg;
	int failed; /* what WRITE returned */
	struct shale_error err;
};

static la_ssize_t pass_on(struct archive *writer, void *arg, const void *data, size_t size)
{
	struct shale_gzip *gzip = arg;

	if (gzip->failed == 0)
		gzip->failed = gzip->write(data, size, gzip->arg, &gzip->err);
	if (gzip->failed < 0) {
		archive_set_error(writer, -gzip->failed, "write");
		return -1;
	}
	return size;
}

static int fail(struct shale_gzip *gzip, struct shale_error *err)
{
	if (gzip->failed == 0)
		return shale_spool_fail(gzip->writer, err);
	if (err)
		*err = gzip->err;
	return gzip->failed;
}

/* libarchive's "raw" format: what is written to the one entry is all there is. */
static int set_up(struct shale_gzip *gzip)
{
	struct archive *writer = gzip->writer;
	struct archive_entry *entry;

	if (archive_write_set_format_raw(writer) != ARCHIVE_OK ||
		archive_write_add_filter_gzip(writer) != ARCHIVE_OK ||
		archive_write_set_filter_option(writer, "gzip", "timestamp", NULL) != ARCHIVE_OK ||
		archive_write_set_bytes_per_block(writer, 256 * 1024) != ARCHIVE_OK ||
		archive_write_set_bytes_in_last_block(writer, 1) != ARCHIVE_OK ||
		archive_write_open(writer, gzip, NULL, pass_on, NULL) != ARCHIVE_OK)
		return -1;
	entry = archive_entry_new();
	if (!entry)
		return -1;
	archive_entry_set_filetype(entry, AE_IFREG);
	int r = archive_write_header(writer, entry);
	archive_entry_free(entry);
	return r < ARCHIVE_WARN ? -1 : 0;
}

int shale_gzip_new(
	shale_gzip_fn *write, void *arg, struct shale_gzip **ret, struct shale_error *err)
{
	int r = shale_libarchive_load(err);

	if (r < 0)
		return r;
	struct shale_gzip *gzip = calloc(1, sizeof(*gzip));
	if (!gzip)
		return shale_fail(err, -ENOMEM, "gzip");
	gzip->write = write;
	gzip->arg = arg;
	gzip->writer = archive_write_new();
	if (!gzip->writer || set_up(gzip) < 0) {
		r = gzip->writer ? fail(gzip, err) : -ENOMEM;
		shale_gzip_free(gzip);
		return shale_fail(err, r, "gzip");
	}
	*ret = gzip;
	return 0;
}

int shale_gzip_write(
	struct shale_gzip *gzip, const void *data, size_t size, struct shale_error *err)
{
	const char *at = data;

	while (size > 0) {
		la_ssize_t n = archive_write_data(gzip->writer, at, size);
		if (n <= 0)
			return fail(gzip, err);
		at += n;
		size -= n;
	}
	return 0;
}

int shale_gzip_finish(struct shale_gzip *gzip, struct shale_error *err)
{
	return archive_write_close(gzip->writer) < ARCHIVE_WARN ? fail(gzip, err) : 0;
}

void shale_gzip_free(struct shale_gzip *gzip)
{
	if (!gzip)
		return;
	archive_write_free(gzip->writer);
	free(gzip);
}
