/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes tar streams byte by byte, because tests need streams that no tool would write. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct tarball {
	char *data;
	size_t size, room;
	/* Each read returns at most STEP bytes (0: all). */
	size_t at, step;
	int fail_with;
	int interrupts; /* number of -EINTR before each piece */
};

struct tar_entry {
	const char *name;
	char type; /* type letter of ustar; 0: a regular file */
	const char *link;
	const char *data; /* NULL: no data */
	int mode;         /* 0: the default, 0755 for directories, else 0644 */
	int64_t uid, gid; /* 0: the test's own ids, unless OWNER is set */
	int64_t mtime;
	unsigned int major, minor;
	const char *owner; /* the names of owner and group; may be "" */
	const char *pax;   /* a record "KEY=VALUE", or several with '\n' in between */
};

void tarball_add(struct tarball *tar, const struct tar_entry *entry);
/* Adds a pax record, whose value may have any bytes, before the next entry. */
void tarball_add_pax(struct tarball *tar, const char *key, const void *value, size_t size);
void tarball_end(struct tarball *tar);
/* Adds raw bytes. */
void tarball_put(struct tarball *tar, const void *data, size_t size);
void tarball_free(struct tarball *tar);
/* Replaces the bytes by their compressed form; HOW is "gzip", "zstd", "bzip2" or "xz". */
void tarball_compress(struct tarball *tar, const char *how);

struct archive_entry;
/* Collects PRINT's output for each entry, as libarchive reads the tar. The caller frees it. */
char *tarball_print(
	const struct tarball *tar, void (*print)(FILE *out, struct archive_entry *entry));

/* Reads from a tarball, which is ARG. A callback for struct apply_spec. */
int64_t tarball_read(void *arg, void *buf, size_t size);
