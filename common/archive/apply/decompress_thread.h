/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A thread that computes the uncompressed bytes of a stream and their digest, while the caller
 * unpacks earlier bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/archive/digest.h"
#include "common/shale.h"

#define DIFF_ID_SIZE DIGEST_SIZE

struct readahead;

struct readahead_source {
	/* Reads the compressed stream. Returns the number of bytes, 0 at its end, or a negative
	 * errno. Only the caller's thread calls it. */
	int64_t (*read)(void *arg, void *buf, size_t size);
	void *arg;
	uint64_t ratio;        /* see decompress.h */
	const char *digest_as; /* a digest whose algorithm to compute; NULL: sha256 */
};
int decompress_thread_open(
	const struct readahead_source *source, struct readahead **ret, struct shale_error *err);
void decompress_thread_close(struct readahead *ahead);

/* Finds the next uncompressed bytes. Returns 1 and the bytes, which are valid until the next
 * call; or 0 at the end. */
int decompress_thread_next(
	struct readahead *ahead, const void **ret, size_t *ret_size, struct shale_error *err);
/* Returns the number of uncompressed bytes handed out so far. */
uint64_t decompress_thread_length(const struct readahead *ahead);

/* Reads the stream to its end, including input that follows the compressed data. RET gets the
 * digest of all uncompressed bytes, "ALGORITHM:HEX". */
int decompress_thread_finish(
	struct readahead *ahead, char ret[DIFF_ID_SIZE], struct shale_error *err);
