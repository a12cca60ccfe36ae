/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/headers.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 512
#define MOST  ((size_t)4 * 1024 * 1024)

static void keep(struct shale_headers *headers, const char *data, size_t size)
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

/* What the last piece has from FROM to TO. */
static void keep_range(struct shale_headers *headers, uint64_t from, uint64_t to)
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

void shale_headers_keep(struct shale_headers *headers, uint64_t from)
{
	keep_range(headers, from, headers->end);
}

void shale_headers_feed(struct shale_headers *headers, const void *piece, size_t size)
{
	headers->piece = piece;
	headers->size = size;
	headers->end += size;
}

/* Digits of BASE from AT on. */
static size_t number_at(const char *at, const char *end, size_t base, const char **ret_end)
{
	size_t number = 0;

	for (; at < end && *at >= '0' && *at < (char)('0' + base) && number < MOST; at++)
		number = number * base + (size_t)(*at - '0');
	*ret_end = at;
	return number;
}

/* The last record counts: 1 if it has a minus, 0 if not, -1 without one. */
static int sign_in_records(const char *at, const char *end, const char *key)
{
	const size_t n = strlen(key);
	int sign = -1;

	while (at < end) {
		const char *word;
		const size_t length = number_at(at, end, 10, &word);
		if (length == 0 || length > (size_t)(end - at))
			break;
		const size_t left = (size_t)(at + length - word);
		if (word < at + length && left > n + 2 && !memcmp(word + 1, key, n) &&
			word[n + 1] == '=')
			sign = word[n + 2] == '-';
		at += length;
	}
	return sign;
}

/* Extended headers and long names, up to the entry's own header. */
static bool is_negative(const char *at, const char *end, const char *key)
{
	bool negative = false;

	while (end - at >= BLOCK && at[156] && strchr("xgLK", at[156])) {
		const char *unused, *data = at + BLOCK;
		const size_t size = number_at(at + 124, at + 136, 8, &unused);
		const size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
		if (padded > (size_t)(end - data))
			break;
		int sign = strchr("xg", at[156]) ? sign_in_records(data, data + size, key) : -1;
		if (sign >= 0)
			negative = sign;
		at = data + padded;
	}
	return negative;
}

bool shale_headers_is_negative(
	struct shale_headers *headers, uint64_t from, uint64_t to, const char *key)
{
	const size_t kept = from == headers->from ? headers->n_kept : 0;

	keep_range(headers, from, to);
	bool negative = !headers->failed &&
			is_negative(headers->kept, headers->kept + headers->n_kept, key);
	if (headers->n_kept > kept)
		headers->n_kept = kept;
	return negative;
}

void shale_headers_free(struct shale_headers *headers)
{
	free(headers->kept);
	headers->kept = NULL;
}
