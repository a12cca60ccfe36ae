/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/stream/stream_format.h"

#include <stdio.h>
#include <string.h>

/* Offsets of the fields of a header. */
enum { SIZE_AT = 124, SUM_AT = 148, NAME_SIZE = 100 };

/* Prints at least DIGITS octal digits. Two such numbers are printed for each file, and snprintf
 * takes longer than all the rest of a header. */
static void print_octal(uint64_t number, size_t digits, char ret[32])
{
	while (digits < 22 && number >> (3 * digits))
		digits++;
	ret[digits] = 0;
	for (; digits > 0; number >>= 3)
		ret[--digits] = (char)('0' + (number & 7));
}

static void print_sum(const unsigned char block[STREAM_BLOCK], char ret[32])
{
	unsigned int sum = 0;

	for (size_t i = 0; i < STREAM_BLOCK; i++)
		sum += block[i];
	for (size_t i = 0; i < STREAM_CHECKSUM; i++)
		sum += ' ' - (unsigned int)block[SUM_AT + i];
	print_octal(sum, 6, ret);
	ret[7] = ' ';
}

static void cut_out(const unsigned char *from, size_t size, size_t at, size_t n, unsigned char *to)
{
	memcpy(to, from, at);
	memcpy(to + at, from + at + n, size - at - n);
}

static void put_in(const unsigned char *from, size_t size, size_t at, size_t n, unsigned char *to)
{
	memcpy(to, from, at);
	memset(to + at, 0, n);
	memcpy(to + at + n, from + at, size - at);
}

bool stream_strip_sum(const unsigned char block[STREAM_BLOCK], unsigned char ret[STREAM_NO_SUM])
{
	char sum[32];

	if (block[SUM_AT + 6] != 0 || block[SUM_AT + 7] != ' ')
		return false;
	print_sum(block, sum);
	if (memcmp(block + SUM_AT, sum, STREAM_CHECKSUM) != 0)
		return false;
	cut_out(block, STREAM_BLOCK, SUM_AT, STREAM_CHECKSUM, ret);
	return true;
}

void stream_put_sum(const unsigned char stripped[STREAM_NO_SUM], unsigned char ret[STREAM_BLOCK])
{
	char sum[32];

	put_in(stripped, STREAM_NO_SUM, SUM_AT, STREAM_CHECKSUM, ret);
	print_sum(ret, sum);
	memcpy(ret + SUM_AT, sum, STREAM_CHECKSUM);
}

static void print_size(uint64_t size, char ret[32])
{
	print_octal(size, STREAM_SIZE - 1, ret);
}

bool stream_strip_size(
	const unsigned char block[STREAM_NO_SUM], uint64_t size, unsigned char ret[STREAM_NO_SIZE])
{
	char text[32];

	print_size(size, text);
	if (memcmp(block + SIZE_AT, text, STREAM_SIZE) != 0)
		return false;
	cut_out(block, STREAM_NO_SUM, SIZE_AT, STREAM_SIZE, ret);
	return true;
}

void stream_put_size(const unsigned char stripped[STREAM_NO_SIZE], uint64_t size,
	unsigned char ret[STREAM_NO_SUM])
{
	char text[32];

	print_size(size, text);
	put_in(stripped, STREAM_NO_SIZE, SIZE_AT, STREAM_SIZE, ret);
	memcpy(ret + SIZE_AT, text, STREAM_SIZE);
}

bool stream_name(const unsigned char block[STREAM_NO_SIZE], char ret[NAME_SIZE + 1])
{
	const char *name = (const char *)block;
	size_t size = strnlen(name, NAME_SIZE);
	size_t skip = size > 2 && !memcmp(name, "./", 2) ? 2 : 0;

	if (size == 0)
		return false;
	memcpy(ret, name + skip, size - skip);
	ret[size - skip] = 0;
	return true;
}
