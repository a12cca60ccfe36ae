/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data sum of a file: a digest of its data, for the file "sums" of a layer. It is the xxh3-128
 * of all blocks of 4096 bytes that are not all zeros, each block preceded by its number (64 bits,
 * little-endian), and of the file's size at the end. So holes cost nothing, and a hole gives the
 * same digest as written zeros. The last block is filled up with zeros. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digest {
	uint8_t bytes[16];
};

struct datasum;

/* Returns NULL without memory. */
struct datasum *datasum_new(void);
void datasum_free(struct datasum *sum);

void datasum_begin(struct datasum *sum);
/* Adds the next piece of the file; pieces come in the order of their offsets. */
void datasum_add(struct datasum *sum, int64_t offset, const void *data, size_t size);
/* Ends the data sum of a file of SIZE bytes. Returns false, without a digest, if the pieces did not
 * come in order. */
bool datasum_end(struct datasum *sum, int64_t size, struct digest *ret);

/* Computes the data sum of a file that has exactly these data. Forgets pieces that were added to
 * SUM before. */
void datasum_of_data(struct datasum *sum, const void *data, size_t size, struct digest *ret);
/* Reads the regular file FD, and computes its data sum. */
int datasum_of_file(struct datasum *sum, int fd, struct digest *ret);

static inline void cleanup_datasum(struct datasum **sum)
{
	datasum_free(*sum);
}
#define auto_datasum __attribute__((cleanup(cleanup_datasum)))
