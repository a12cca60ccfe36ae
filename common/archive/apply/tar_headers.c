/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/tar_headers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 512
#define MOST  ((size_t)4 * 1024 * 1024)

static void keep(struct headers *headers, const char *data, size_t size)
{
	if (headers->failed || size == 0)
		return;
	char *grown = headers->n_kept + size > MOST
			      ? NULL
			      : realloc(headers->kept, headers->n_kept + size);
	if (!grown) {
		headers->failed = true;
		return;
	}
	headers->kept = grown;
	memcpy(grown + headers->n_kept, data, size);
	headers->n_kept += size;
}

/* Copies the bytes FROM to TO of the stream to KEPT, as far as the last piece has them. */
static void keep_range(struct headers *headers, uint64_t from, uint64_t to)
{
	const uint64_t begin = headers->end - headers->size;

	if (from != headers->from) {
		headers->from = from;
		headers->n_kept = 0;
		headers->failed = false;
	}
	if (from < begin)
		from = begin;
	if (to > headers->end)
		to = headers->end;
	if (from < to)
		keep(headers, headers->piece + (from - begin), (size_t)(to - from));
}

void tar_headers_keep(struct headers *headers, uint64_t from)
{
	keep_range(headers, from, headers->end);
	headers->size = 0;
}

void tar_headers_feed(struct headers *headers, const void *piece, size_t size)
{
	headers->piece = piece;
	headers->size = size;
	headers->end += size;
}

/* Parses the number of base BASE that begins at AT. */
static size_t number_at(const char *at, const char *end, size_t base, const char **ret_end)
{
	size_t number = 0;

	for (; at < end && *at >= '0' && *at < (char)('0' + base) && number < MOST; at++)
		number = number * base + (size_t)(*at - '0');
	*ret_end = at;
	return number;
}

static bool is_key(const struct record *record, const char *key)
{
	return record->key_size == strlen(key) && !memcmp(record->key, key, record->key_size);
}

/* Tells whether a record is valid. It must have a key. A key, and a value that is a name, must have
 * no zero byte, because callers use them as C strings. Go's reader refuses such records, too. */
static bool is_valid(const struct record *record)
{
	const bool named = is_key(record, "path") || is_key(record, "linkpath") ||
			   is_key(record, "uname") || is_key(record, "gname");

	return record->key_size > 0 && (named ? !memchr(record->value, 0, record->size)
					      : !memchr(record->key, 0, record->key_size));
}

/* Reads the record at *AT, "LENGTH KEY=VALUE\n", and moves *AT behind it. */
static bool next_record(const char **at, const char *end, struct record *ret)
{
	const char *word;
	const size_t length = number_at(*at, end, 10, &word);

	if (length < 5 || length > (size_t)(end - *at))
		return false;
	const char *last = *at + length - 1, *key = word + 1;
	if (word >= last || *word != ' ' || *last != '\n')
		return false;
	const char *equals = key < last ? memchr(key, '=', (size_t)(last - key)) : NULL;
	if (!equals)
		return false;
	*ret = (struct record){ key, (size_t)(equals - key), equals + 1,
		(size_t)(last - equals - 1) };
	*at += length;
	return is_valid(ret);
}

static bool is_damaged(const struct record *extended)
{
	const char *at = extended->value;
	struct record record;

	if (extended->size == 0)
		return false;
	const char *end = at + extended->size;
	while (at < end)
		if (!next_record(&at, end, &record))
			return true;
	return false;
}

void tar_headers_each_record(const struct entry_headers *headers, record_fn *fn, void *arg)
{
	const char *at = headers->extended.value;
	struct record record;

	if (headers->extended.size == 0)
		return;
	const char *end = at + headers->extended.size;
	while (at < end && next_record(&at, end, &record))
		fn(arg, &record);
}

/* If the header at AT is an extended header or a GNU long name, finds its data, moves AT behind it
 * and returns its type. Otherwise returns 0. */
static char next_header(const char **at, const char *end, struct record *ret)
{
	const char *number, *unused, *header = *at, *data = header + BLOCK;

	if (end - header < BLOCK || !header[156] || !strchr("xgLK", header[156]))
		return 0;
	for (number = header + 124; number < header + 135 && *number == ' ';)
		number++;
	const size_t size = number_at(number, header + 136, 8, &unused);
	const size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
	if (padded > (size_t)(end - data))
		return 0;
	*ret = (struct record){ .value = data, .size = size };
	*at = data + padded;
	return header[156];
}

static void parse(const char *at, const char *end, struct entry_headers *ret)
{
	struct record data;
	char type;

	while ((type = next_header(&at, end, &data)) != 0) {
		if (type == 'L' || type == 'K')
			data.size = strnlen(data.value, data.size);
		if (type == 'L')
			ret->name = data;
		else if (type == 'K')
			ret->link = data;
		else if (type == 'x')
			ret->extended = data;
		else
			ret->name = ret->link = ret->extended = (struct record){ 0 };
		ret->n_extended += type == 'x';
		ret->has_more = true;
	}
	ret->own = end - at >= BLOCK ? at : NULL;
	ret->own_at -= (uint64_t)(end - at);
	ret->damaged = is_damaged(&ret->extended);
}

int tar_headers_read(struct headers *headers, uint64_t from, uint64_t to, struct entry_headers *ret)
{
	const bool holds = from == headers->from && headers->n_kept > 0;
	const size_t kept = holds ? headers->n_kept : 0;
	const uint64_t begin = headers->end - headers->size;
	const char *bytes;
	size_t size = (size_t)(to - from);

	*ret = (struct entry_headers){ .own_at = to };
	if (size == 0)
		return 0;
	/* Mostly the last piece has all these bytes; then nothing is copied. */
	if (holds || from < begin || to > headers->end) {
		keep_range(headers, from, to);
		if (headers->failed)
			return -ENOMEM;
		bytes = headers->kept;
		size = headers->n_kept;
		headers->n_kept = kept;
	} else {
		bytes = headers->piece + (from - begin);
	}
	if (size > 0)
		parse(bytes, bytes + size, ret);
	return 0;
}

void tar_headers_free(struct headers *headers)
{
	free(headers->kept);
	headers->kept = NULL;
}
