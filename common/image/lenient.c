/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/lenient.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* UTF-8 of the character U+FFFD */
#define MIN_NUMBER  "-9223372036854775808"
#define MAX_NUMBER  "9223372036854775807"

/* A value below this many levels becomes null: jansson reads only 2,048 levels, and shale reads no
 * field that lies so deep. */
enum { MAX_DEPTH = 1000 };

struct scan {
	const char *at, *end;
	FILE *out;
	size_t depth;
};

static bool is_continuation(char c)
{
	return (c & 0xC0) == 0x80;
}

/* Returns the length in bytes of the UTF-8 character at the scan's position; 0 if there is none
 * (RFC 3629). */
static size_t utf8_length(const struct scan *scan)
{
	const size_t left = (size_t)(scan->end - scan->at);
	const unsigned char first = (unsigned char)scan->at[0];
	const unsigned char second = left > 1 ? (unsigned char)scan->at[1] : 0;
	const size_t length = first < 0xC2   ? 0
			      : first < 0xE0 ? 2
			      : first < 0xF0 ? 3
			      : first < 0xF5 ? 4
					     : 0;

	if (length == 0 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if (!is_continuation(scan->at[i]))
			return 0;
	/* Refuse an overlong form, a surrogate, and a code beyond U+10FFFF. */
	if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
		(first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
		return 0;
	return length;
}

static void put(struct scan *scan, const char *text)
{
	if (scan->depth <= MAX_DEPTH)
		fputs(text, scan->out);
}

static void copy(struct scan *scan, size_t size)
{
	if (scan->depth <= MAX_DEPTH)
		fwrite(scan->at, 1, size, scan->out);
	scan->at += size;
}

static void copy_character(struct scan *scan)
{
	const size_t length = utf8_length(scan);

	if (length) {
		copy(scan, length);
		return;
	}
	put(scan, REPLACEMENT);
	scan->at++;
}

/* Returns the code of a \uXXXX at P; -1 if there is none. */
static long escaped_code(const struct scan *scan, const char *p)
{
	char digits[5] = { 0 };
	char *end;

	if (scan->end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	memcpy(digits, p + 2, 4);
	long code = strtol(digits, &end, 16);
	return *end || !strchr("0123456789abcdefABCDEF", digits[0]) ? -1 : code;
}

static void copy_escape(struct scan *scan)
{
	const long code = escaped_code(scan, scan->at);

	if (code < 0) {
		copy(scan, scan->end - scan->at > 1 ? 2 : 1);
	} else if (code < 0xD800 || code > 0xDFFF) {
		copy(scan, 6);
	} else {
		const long next = escaped_code(scan, scan->at + 6);
		if (code < 0xDC00 && next >= 0xDC00 && next <= 0xDFFF) {
			copy(scan, 12);
			return;
		}
		put(scan, REPLACEMENT);
		scan->at += 6;
	}
}

static void copy_string(struct scan *scan)
{
	copy(scan, 1);
	while (scan->at < scan->end && *scan->at != '"')
		if (*scan->at == '\\')
			copy_escape(scan);
		else if ((unsigned char)*scan->at < 0x80)
			copy(scan, 1);
		else
			copy_character(scan);
	if (scan->at < scan->end)
		copy(scan, 1);
}

/* Puts null in the place of an array or object that lies deeper than MAX_DEPTH. */
static void open_value(struct scan *scan)
{
	if (scan->depth == MAX_DEPTH)
		put(scan, "null");
	scan->depth++;
	copy(scan, 1);
}

static void close_value(struct scan *scan)
{
	copy(scan, 1);
	scan->depth -= scan->depth > 0;
}

static void copy_number(struct scan *scan)
{
	static const char characters[] = "0123456789+-.eE";
	size_t length = 1;

	while (scan->at + length < scan->end && scan->at[length] &&
		strchr(characters, scan->at[length]))
		length++;
	char *token = strndup(scan->at, length);
	bool real = token && strpbrk(token, ".eE");
	errno = 0;
	if (token && real && isinf(strtod(token, NULL)))
		put(scan, *token == '-' ? "-1e308" : "1e308");
	else if (token && !real && ((void)strtoll(token, NULL, 10), errno == ERANGE))
		put(scan, *token == '-' ? MIN_NUMBER : MAX_NUMBER);
	else
		put(scan, token ? token : "0");
	free(token);
	scan->at += length;
}

char *lenient_json(const char *text, size_t size, size_t *ret_size)
{
	char *mended = NULL;
	struct scan scan = { text, text + size, open_memstream(&mended, ret_size), 0 };

	if (!scan.out)
		return NULL;
	while (scan.at < scan.end)
		if (*scan.at == '"')
			copy_string(&scan);
		else if (*scan.at == '-' || (*scan.at >= '0' && *scan.at <= '9'))
			copy_number(&scan);
		else if (*scan.at == '[' || *scan.at == '{')
			open_value(&scan);
		else if (*scan.at == ']' || *scan.at == '}')
			close_value(&scan);
		else
			copy(&scan, 1);
	const bool failed = ferror(scan.out);
	if (fclose(scan.out) == 0 && !failed)
		return mended;
	free(mended);
	return NULL;
}
