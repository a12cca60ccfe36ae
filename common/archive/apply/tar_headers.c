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

/* Keeps the bytes from FROM to TO, as far as the last piece has them. */
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

void headers_keep(struct headers *headers, uint64_t from)
{
	keep_range(headers, from, headers->end);
}

void headers_feed(struct headers *headers, const void *piece, size_t size)
{
	headers->piece = piece;
	headers->size = size;
	headers->end += size;
}

/* Parses digits of BASE, beginning at AT. */
static size_t number_at(const char *at, const char *end, size_t base, const char **ret_end)
{
	size_t number = 0;

	for (; at < end && *at >= '0' && *at < (char)('0' + base) && number < MOST; at++)
		number = number * base + (size_t)(*at - '0');
	*ret_end = at;
	return number;
}

/* Calls FN for each record of an extended header: "LENGTH KEY=VALUE\n". */
static void each_record(const char *at, const char *end, record_fn *fn, void *arg)
{
	while (at < end) {
		const char *word;
		const size_t length = number_at(at, end, 10, &word);
		if (length == 0 || length > (size_t)(end - at))
			break;
		const char *key = word + 1, *last = at + length - 1;
		const char *equals = key < last ? memchr(key, '=', (size_t)(last - key)) : NULL;
		if (equals) {
			const struct record record = { key, (size_t)(equals - key), equals + 1,
				(size_t)(last - equals - 1) };
			fn(arg, &record);
		}
		at += length;
	}
}

/* Finds the data of the extended header or long name at AT, and moves AT behind it. Returns the
 * type, or 0 if there is none. */
static char next_header(const char **at, const char *end, const char **ret, size_t *ret_size)
{
	const char *unused, *header = *at, *data = header + BLOCK;

	if (end - header < BLOCK || !header[156] || !strchr("xgLK", header[156]))
		return 0;
	const size_t size = number_at(header + 124, header + 136, 8, &unused);
	const size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
	if (padded > (size_t)(end - data))
		return 0;
	*ret = data;
	*ret_size = size;
	*at = data + padded;
	return header[156];
}

struct sign {
	const char *key;
	bool negative;
};

/* The last record of a key counts. */
static void look_at_sign(void *arg, const struct record *record)
{
	struct sign *sign = arg;

	if (record->key_size == strlen(sign->key) &&
		!memcmp(record->key, sign->key, record->key_size))
		sign->negative = record->size > 0 && *record->value == '-';
}

static bool is_negative(const char *at, const char *end, const char *key)
{
	struct sign sign = { .key = key };
	const char *data;
	size_t size;
	char type;

	while ((type = next_header(&at, end, &data, &size)) != 0)
		if (strchr("xg", type))
			each_record(data, data + size, look_at_sign, &sign);
	return sign.negative;
}

bool headers_is_negative(struct headers *headers, uint64_t from, uint64_t to, const char *key)
{
	const size_t kept = from == headers->from ? headers->n_kept : 0;

	keep_range(headers, from, to);
	bool negative = !headers->failed &&
			is_negative(headers->kept, headers->kept + headers->n_kept, key);
	if (headers->n_kept > kept)
		headers->n_kept = kept;
	return negative;
}

int headers_each_record(
	struct headers *headers, uint64_t from, uint64_t to, record_fn *fn, void *arg)
{
	const size_t kept = from == headers->from ? headers->n_kept : 0;
	const char *data = NULL, *last = NULL;
	size_t size = 0, last_size = 0;
	char type;

	keep_range(headers, from, to);
	if (headers->failed)
		return -ENOMEM;
	const char *at = headers->kept, *end = at + headers->n_kept;
	while (at && (type = next_header(&at, end, &data, &size)) != 0)
		if (type == 'x') {
			last = data;
			last_size = size;
		}
	if (last)
		each_record(last, last + last_size, fn, arg);
	if (headers->n_kept > kept)
		headers->n_kept = kept;
	return 0;
}

struct link {
	char type;
	struct record pax, gnu;
};

static void look_at_target(void *arg, const struct record *record)
{
	static const char key[] = "linkpath";
	struct record *target = arg;

	if (record->key_size == strlen(key) && !memcmp(record->key, key, record->key_size))
		*target = *record;
}

static struct link find_link(const char *at, const char *end)
{
	struct link link = { 0 };
	const char *data;
	size_t size;
	char type;

	while ((type = next_header(&at, end, &data, &size)) != 0) {
		if (type == 'K')
			link.gnu = (struct record){ .value = data, .size = strnlen(data, size) };
		if (type == 'x') {
			link.pax = (struct record){ 0 };
			each_record(data, data + size, look_at_target, &link.pax);
		}
	}
	link.type = end - at >= BLOCK ? at[156] : 0;
	return link;
}

int headers_link(
	struct headers *headers, uint64_t from, uint64_t to, char *ret_type, char **ret_target)
{
	const size_t kept = from == headers->from ? headers->n_kept : 0;
	struct link link = { 0 };
	char *target = NULL;

	keep_range(headers, from, to);
	if (headers->failed)
		return -ENOMEM;
	if (headers->n_kept > 0)
		link = find_link(headers->kept, headers->kept + headers->n_kept);
	const struct record *found = link.gnu.size > 0 ? &link.gnu : &link.pax;
	const bool valid = found->size > 0 && !memchr(found->value, 0, found->size);
	if (valid)
		target = strndup(found->value, found->size);
	if (headers->n_kept > kept)
		headers->n_kept = kept;
	if (valid && !target)
		return -ENOMEM;
	*ret_type = link.type;
	*ret_target = target;
	return 0;
}

void headers_free(struct headers *headers)
{
	free(headers->kept);
	headers->kept = NULL;
}
