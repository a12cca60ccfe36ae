/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The uncompressed bytes of a stream and their digest, computed by a thread of their own while the
 * caller unpacks what came before.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/archive/digest.h"
#include "common/shale.h"

#define SHALE_DIFF_ID_SIZE SHALE_DIGEST_SIZE

struct shale_readahead;

struct shale_readahead_source {
	/* The next bytes of the stream: how many, 0 at its end, or a negative errno. It is called
	 * by the caller's own thread only. */
	int64_t (*read)(void *arg, void *buf, size_t size);
	void *arg;
	uint64_t ratio;        /* see decompress.h */
	const char *digest_as; /* what the digest is to be compared with; NULL: nothing */
};
int shale_readahead_open(const struct shale_readahead_source *source, struct shale_readahead **ret,
	struct shale_error *err);
void shale_readahead_close(struct shale_readahead *ahead);

/* 1 and the next bytes, which live until the next call; 0 at the end. */
int shale_readahead_next(
	struct shale_readahead *ahead, const void **ret, size_t *ret_size, struct shale_error *err);
/* How many bytes there were so far. */
uint64_t shale_readahead_length(const struct shale_readahead *ahead);

/* Reads what is left, compressed and not; the digest of all that was uncompressed, "ALGORITHM:HEX".
 */
int shale_readahead_finish(
	struct shale_readahead *ahead, char ret[SHALE_DIFF_ID_SIZE], struct shale_error *err);
