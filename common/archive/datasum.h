/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A digest of a file's data: the xxh3-128 of its blocks of 4096 bytes that are not all zeros, each
 * behind its number (64 bits, little-endian), and of its size at the end. So holes cost nothing,
 * and it is the same whether zeros are a hole or not. The last block is filled up with zeros.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shale_digest {
	uint8_t bytes[16];
};

struct shale_datasum;

/* NULL: no memory. */
struct shale_datasum *shale_datasum_new(void);
void shale_datasum_free(struct shale_datasum *sum);

void shale_datasum_begin(struct shale_datasum *sum);
/* The next piece of the file, which lies behind the one before. */
void shale_datasum_add(struct shale_datasum *sum, int64_t offset, const void *data, size_t size);
/* SIZE: of the file. False if the pieces did not come in order: then it is not known. */
bool shale_datasum_end(struct shale_datasum *sum, int64_t size, struct shale_digest *ret);

/* Of a file of just these data. What SUM had begun is lost. */
void shale_datasum_of_data(
	struct shale_datasum *sum, const void *data, size_t size, struct shale_digest *ret);
/* Of the regular file FD, read from the disk. */
int shale_datasum_of_file(struct shale_datasum *sum, int fd, struct shale_digest *ret);

static inline void cleanup_datasum(struct shale_datasum **sum)
{
	shale_datasum_free(*sum);
}
#define auto_datasum __attribute__((cleanup(cleanup_datasum)))
