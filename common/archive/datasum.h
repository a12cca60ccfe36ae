/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A digest of a file's data: the xxh3-128 of its blocks of 4096 bytes that are not all zeros,
 * each after its number (64 bits, little-endian), and of the file's size at the end. So holes
 * cost nothing, and a hole has the same digest as written zeros. The last block is filled up
 * with zeros. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digest {
	uint8_t bytes[16];
};

struct datasum;

/* Makes a digest. Returns NULL without memory. */
struct datasum *datasum_new(void);
void datasum_free(struct datasum *sum);

void datasum_begin(struct datasum *sum);
/* Adds the next piece of the file; pieces come in the order of their offsets. */
void datasum_add(struct datasum *sum, int64_t offset, const void *data, size_t size);
/* Ends the digest of a file of SIZE bytes. Returns false, without a digest, if the pieces were
 * not in order. */
bool datasum_end(struct datasum *sum, int64_t size, struct digest *ret);

/* Computes the digest of a file with just these data. Drops a digest that SUM has begun. */
void datasum_of_data(struct datasum *sum, const void *data, size_t size, struct digest *ret);
/* Computes the digest of the regular file FD from the disk. */
int datasum_of_file(struct datasum *sum, int fd, struct digest *ret);

static inline void cleanup_datasum(struct datasum **sum)
{
	datasum_free(*sum);
}
#define auto_datasum __attribute__((cleanup(cleanup_datasum)))
