/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/libarchive.h"

#include "common/base/dynlib.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdarg.h>
#include <stdio.h>

/* The functions whose calls go straight to libarchive. They are called only with an archive, so the
 * library is loaded already. Functions that may be called earlier, or with NULL, are written
 * below. */
#define PASSED_ON(F)                                                                               \
	F(int, archive_entry_acl_next,                                                             \
		(struct archive_entry * a, int b, int *c, int *d, int *e, int *f, const char **g), \
		(a, b, c, d, e, f, g))                                                             \
	F(int, archive_entry_acl_reset, (struct archive_entry * a, int b), (a, b))                 \
	F(time_t, archive_entry_atime, (struct archive_entry * a), (a))                            \
	F(int, archive_entry_atime_is_set, (struct archive_entry * a), (a))                        \
	F(long, archive_entry_atime_nsec, (struct archive_entry * a), (a))                         \
	F(mode_t, archive_entry_filetype, (struct archive_entry * a), (a))                         \
	F(la_int64_t, archive_entry_gid, (struct archive_entry * a), (a))                          \
	F(const char *, archive_entry_hardlink, (struct archive_entry * a), (a))                   \
	F(mode_t, archive_entry_mode, (struct archive_entry * a), (a))                             \
	F(time_t, archive_entry_mtime, (struct archive_entry * a), (a))                            \
	F(long, archive_entry_mtime_nsec, (struct archive_entry * a), (a))                         \
	F(const char *, archive_entry_pathname, (struct archive_entry * a), (a))                   \
	F(dev_t, archive_entry_rdevmajor, (struct archive_entry * a), (a))                         \
	F(dev_t, archive_entry_rdevminor, (struct archive_entry * a), (a))                         \
	F(void, archive_entry_set_atime, (struct archive_entry * a, time_t b, long c), (a, b, c))  \
	F(void, archive_entry_set_filetype, (struct archive_entry * a, unsigned int b), (a, b))    \
	F(void, archive_entry_set_gid, (struct archive_entry * a, la_int64_t b), (a, b))           \
	F(void, archive_entry_set_hardlink, (struct archive_entry * a, const char *b), (a, b))     \
	F(void, archive_entry_set_mtime, (struct archive_entry * a, time_t b, long c), (a, b, c))  \
	F(void, archive_entry_set_pathname, (struct archive_entry * a, const char *b), (a, b))     \
	F(void, archive_entry_set_rdevmajor, (struct archive_entry * a, dev_t b), (a, b))          \
	F(void, archive_entry_set_rdevminor, (struct archive_entry * a, dev_t b), (a, b))          \
	F(void, archive_entry_set_symlink, (struct archive_entry * a, const char *b), (a, b))      \
	F(void, archive_entry_set_uid, (struct archive_entry * a, la_int64_t b), (a, b))           \
	F(la_int64_t, archive_entry_size, (struct archive_entry * a), (a))                         \
	F(int, archive_entry_sparse_count, (struct archive_entry * a), (a))                        \
	F(const char *, archive_entry_symlink, (struct archive_entry * a), (a))                    \
	F(la_int64_t, archive_entry_uid, (struct archive_entry * a), (a))                          \
	F(void, archive_entry_unset_atime, (struct archive_entry * a), (a))                        \
	F(void, archive_entry_xattr_add_entry,                                                     \
		(struct archive_entry * a, const char *b, const void *c, size_t d), (a, b, c, d))  \
	F(void, archive_entry_xattr_clear, (struct archive_entry * a), (a))                        \
	F(int, archive_entry_xattr_count, (struct archive_entry * a), (a))                         \
	F(int, archive_entry_xattr_next,                                                           \
		(struct archive_entry * a, const char **b, const void **c, size_t *d),             \
		(a, b, c, d))                                                                      \
	F(int, archive_entry_xattr_reset, (struct archive_entry * a), (a))                         \
	F(int, archive_errno, (struct archive * a), (a))                                           \
	F(const char *, archive_error_string, (struct archive * a), (a))                           \
	F(la_int64_t, archive_filter_bytes, (struct archive * a, int b), (a, b))                   \
	F(int, archive_filter_code, (struct archive * a, int b), (a, b))                           \
	F(int, archive_filter_count, (struct archive * a), (a))                                    \
	F(la_ssize_t, archive_read_data, (struct archive * a, void *b, size_t c), (a, b, c))       \
	F(int, archive_read_data_block,                                                            \
		(struct archive * a, const void **b, size_t *c, la_int64_t *d), (a, b, c, d))      \
	F(la_int64_t, archive_read_header_position, (struct archive * a), (a))                     \
	F(int, archive_read_next_header, (struct archive * a, struct archive_entry * *b), (a, b))  \
	F(int, archive_read_open,                                                                  \
		(struct archive * a, void *b, archive_open_callback *c, archive_read_callback *d,  \
			archive_close_callback *e),                                                \
		(a, b, c, d, e))                                                                   \
	F(int, archive_read_open_fd, (struct archive * a, int b, size_t c), (a, b, c))             \
	F(int, archive_read_support_filter_bzip2, (struct archive * a), (a))                       \
	F(int, archive_read_support_filter_gzip, (struct archive * a), (a))                        \
	F(int, archive_read_support_filter_xz, (struct archive * a), (a))                          \
	F(int, archive_read_support_filter_zstd, (struct archive * a), (a))                        \
	F(int, archive_read_support_format_empty, (struct archive * a), (a))                       \
	F(int, archive_read_support_format_raw, (struct archive * a), (a))                         \
	F(int, archive_read_support_format_tar, (struct archive * a), (a))                         \
	F(int, archive_write_add_filter_zstd, (struct archive * a), (a))                           \
	F(int, archive_write_close, (struct archive * a), (a))                                     \
	F(la_ssize_t, archive_write_data, (struct archive * a, const void *b, size_t c),           \
		(a, b, c))                                                                         \
	F(int, archive_write_header, (struct archive * a, struct archive_entry * b), (a, b))       \
	F(int, archive_write_open,                                                                 \
		(struct archive * a, void *b, archive_open_callback *c, archive_write_callback *d, \
			archive_close_callback *e),                                                \
		(a, b, c, d, e))                                                                   \
	F(int, archive_write_set_bytes_in_last_block, (struct archive * a, int b), (a, b))         \
	F(int, archive_write_set_bytes_per_block, (struct archive * a, int b), (a, b))             \
	F(int, archive_write_set_filter_option,                                                    \
		(struct archive * a, const char *b, const char *c, const char *d), (a, b, c, d))   \
	F(int, archive_write_set_format_raw, (struct archive * a), (a))

#define OTHERS(F)                                                                                  \
	F(archive_entry_free)                                                                      \
	F(archive_entry_new)                                                                       \
	F(archive_read_free)                                                                       \
	F(archive_read_new)                                                                        \
	F(archive_set_error)                                                                       \
	F(archive_write_free)                                                                      \
	F(archive_write_new)

DYNLIB_FUNCTIONS(PASSED_ON, OTHERS)

static struct dynlib library = DYNLIB("libarchive.so.13", functions);

int libarchive_load(struct shale_error *err)
{
	return dynlib_load(&library, err);
}

struct archive *archive_read_new(void)
{
	return libarchive_load(NULL) < 0 ? NULL : real_archive_read_new();
}

struct archive *archive_write_new(void)
{
	return libarchive_load(NULL) < 0 ? NULL : real_archive_write_new();
}

struct archive_entry *archive_entry_new(void)
{
	return libarchive_load(NULL) < 0 ? NULL : real_archive_entry_new();
}

int archive_read_free(struct archive *archive)
{
	return archive ? real_archive_read_free(archive) : ARCHIVE_OK;
}

int archive_write_free(struct archive *archive)
{
	return archive ? real_archive_write_free(archive) : ARCHIVE_OK;
}

void archive_entry_free(struct archive_entry *entry)
{
	if (entry)
		real_archive_entry_free(entry);
}

void archive_set_error(struct archive *archive, int code, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	real_archive_set_error(archive, code, "%s", text);
}
