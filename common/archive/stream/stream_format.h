/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record of a tar stream: what gives it back to the byte, together with the files that were
 * unpacked from it. A compressed file of the words STREAM_MAGIC and pieces, in the order of
 * the stream. Each begins with a letter:
 *
 *  L N BYTES         these N bytes
 *  H BYTES           a block of 512 bytes without the 8 of its checksum, as "%06o\0 " writes it
 *  F PATH            the data of the file PATH, and zeros up to a multiple of 512 of the stream
 *  E BYTES PATH      H and F: a block that has, before its checksum, the size of the file, as
 *                    "%011llo\0" writes it; BYTES lacks these 12, too
 *  P PATH OFFSET N   N bytes of the file PATH from OFFSET on
 *  . LENGTH          the end: so many bytes the stream has
 *
 * Numbers are of 7 bits a byte, the lowest first, the high bit set in all but the last byte. PATH
 * is a number, so many bytes of a name below the layer's root, without links on the way; none of
 * them in E: the name in the block, without "./" in front, in P: the path of the P before.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_MAGIC "shale stream 1\n"

enum stream_letter {
	STREAM_LITERAL = 'L',
	STREAM_HEADER = 'H',
	STREAM_FILE = 'F',
	STREAM_ENTRY = 'E',
	STREAM_PART = 'P',
	STREAM_END = '.',
};

#define STREAM_BLOCK    ((size_t)512)
#define STREAM_NAME_MAX ((size_t)64 * 1024) /* longest path */
#define STREAM_CHECKSUM 8
#define STREAM_SIZE     12
#define STREAM_NO_SUM   (STREAM_BLOCK - STREAM_CHECKSUM)
#define STREAM_NO_SIZE  (STREAM_NO_SUM - STREAM_SIZE)

/* Returns the number of zero bytes between offset AT and the next block of the stream. */
static inline size_t stream_padding(uint64_t at)
{
	return (size_t)(-at % STREAM_BLOCK);
}

/* Copies BLOCK without its checksum to RET. Returns false if the checksum is not the one that
 * stream_put_sum writes. */
bool stream_strip_sum(const unsigned char block[STREAM_BLOCK], unsigned char ret[STREAM_NO_SUM]);
void stream_put_sum(const unsigned char stripped[STREAM_NO_SUM], unsigned char ret[STREAM_BLOCK]);

/* Removes the size from a block without its checksum. Returns false if it is not written as
 * stream_complete would write it. */
bool stream_strip_size(
	const unsigned char block[STREAM_NO_SUM], uint64_t size, unsigned char ret[STREAM_NO_SIZE]);
void stream_put_size(const unsigned char stripped[STREAM_NO_SIZE], uint64_t size,
	unsigned char ret[STREAM_NO_SUM]);

/* Finds the file name in the block's first field, as a piece E needs it. Returns false if that
 * field has no such name. */
bool stream_name(const unsigned char block[STREAM_NO_SIZE], char ret[101]);
