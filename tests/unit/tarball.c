/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tarball_put(struct tarball *tar, const void *data, size_t size)
{
	if (tar->size + size > tar->room) {
		tar->room = tar->room * 2 + size + 4096;
		tar->data = realloc(tar->data, tar->room);
		ck_assert_ptr_nonnull(tar->data);
	}
	if (size > 0)
		memcpy(tar->data + tar->size, data, size);
	tar->size += size;
}

static void pad(struct tarball *tar)
{
	static const char zeros[512];

	tarball_put(tar, zeros, (512 - tar->size % 512) % 512);
}

static unsigned long long id_of(const struct tar_entry *entry, int64_t id, unsigned int own)
{
	return id || entry->owner ? (unsigned long long)id : own;
}

static void put_header(struct tarball *tar, const struct tar_entry *entry, size_t size)
{
	char header[512] = { 0 };
	unsigned int sum = 0;
	int mode = entry->mode ? entry->mode : entry->type == '5' ? 0755 : 0644;

	strncpy(header, entry->name, 100);
	snprintf(header + 100, 8, "%07o", mode);
	snprintf(header + 108, 8, "%07llo", id_of(entry, entry->uid, geteuid()));
	snprintf(header + 116, 8, "%07llo", id_of(entry, entry->gid, getegid()));
	snprintf(header + 124, 12, "%011zo", size);
	snprintf(header + 136, 12, "%011llo", (long long)entry->mtime);
	memset(header + 148, ' ', 8);
	header[156] = entry->type ? entry->type : '0';
	if (entry->link)
		strncpy(header + 157, entry->link, 100);
	memcpy(header + 257,
		"ustar\0"
		"00",
		8);
	snprintf(header + 265, 32, "%s", entry->owner ? entry->owner : "");
	snprintf(header + 297, 32, "%s", entry->owner ? entry->owner : "");
	snprintf(header + 329, 8, "%07o", entry->major);
	snprintf(header + 337, 8, "%07o", entry->minor);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 7, "%06o", sum);
	tarball_put(tar, header, sizeof(header));
}

void tarball_add_pax(struct tarball *tar, const char *key, const void *value, size_t size)
{
	static const struct tar_entry header = { .name = "PaxHeaders/x", .type = 'x' };
	size_t length = strlen(key) + size + 3;
	char digits[24];

	length += (size_t)snprintf(digits, sizeof(digits), "%zu", length + 2);
	int n = snprintf(digits, sizeof(digits), "%zu ", length);
	ck_assert_uint_eq((size_t)n + strlen(key) + size + 2, length);
	put_header(tar, &header, length);
	tarball_put(tar, digits, (size_t)n);
	tarball_put(tar, key, strlen(key));
	tarball_put(tar, "=", 1);
	tarball_put(tar, value, size);
	tarball_put(tar, "\n", 1);
	pad(tar);
}

/* Puts each record into a header of its own: of several headers of one kind only the last counts,
 * so tests need several. */
static void put_pax(struct tarball *tar, const char *records)
{
	static const struct tar_entry header = { .name = "PaxHeaders/x", .type = 'x' };
	char all[4096] = { 0 };

	for (const char *at = records; *at; at += *at == '\n') {
		size_t rest = strcspn(at, "\n") + 2, length = rest;
		while (length != rest + (size_t)snprintf(NULL, 0, "%zu", length))
			length = rest + (size_t)snprintf(NULL, 0, "%zu", length);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%zu %.*s\n", length,
			(int)(rest - 2), at);
		at += rest - 2;
	}
	const size_t size = strlen(all);
	for (char *at = all; (at = strchr(at, '\1'));)
		*at++ = 0;
	put_header(tar, &header, size);
	tarball_put(tar, all, size);
	pad(tar);
}

void tarball_add(struct tarball *tar, const struct tar_entry *entry)
{
	size_t size = entry->data ? strlen(entry->data) : 0;

	if (entry->pax)
		put_pax(tar, entry->pax);
	put_header(tar, entry, size);
	if (size > 0)
		tarball_put(tar, entry->data, size);
	pad(tar);
}

void tarball_end(struct tarball *tar)
{
	static const char zeros[1024];

	tarball_put(tar, zeros, sizeof(zeros));
}

void tarball_free(struct tarball *tar)
{
	free(tar->data);
	*tar = (struct tarball){ 0 };
}

void tarball_compress(struct tarball *tar, const char *how)
{
	size_t room = tar->size + 65536, used = 0;
	char *packed = malloc(room);
	struct archive *out = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	ck_assert_ptr_nonnull(packed);
	ck_assert_int_eq(archive_write_set_format_raw(out), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_add_filter_by_name(out, how), ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(out, 1);
	ck_assert_int_eq(archive_write_open_memory(out, packed, room, &used), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	ck_assert_int_eq(archive_write_header(out, entry), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_data(out, tar->data, tar->size), (long)tar->size);
	ck_assert_int_eq(archive_write_close(out), ARCHIVE_OK);
	archive_entry_free(entry);
	archive_write_free(out);
	free(tar->data);
	tar->data = packed;
	tar->size = used;
	tar->room = room;
}

int64_t tarball_read(void *arg, void *buf, size_t size)
{
	struct tarball *tar = arg;
	size_t left = tar->size - tar->at;

	if (tar->interrupts > 0) {
		tar->interrupts--;
		return -EINTR;
	}
	if (tar->step && size > tar->step)
		size = tar->step;
	if (size > left)
		size = left;
	if (size == 0)
		return tar->fail_with;
	memcpy(buf, tar->data + tar->at, size);
	tar->at += size;
	return (int64_t)size;
}

char *tarball_print(
	const struct tarball *tar, void (*print)(FILE *out, struct archive_entry *entry))
{
	struct archive *in = archive_read_new();
	struct archive_entry *entry;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	archive_read_support_format_tar(in);
	ck_assert_int_eq(archive_read_open_memory(in, tar->data, tar->size), ARCHIVE_OK);
	while (archive_read_next_header(in, &entry) == ARCHIVE_OK)
		print(out, entry);
	archive_read_free(in);
	fclose(out);
	return text;
}
