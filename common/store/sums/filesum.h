/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file sum: xxh3-128, in hexadecimal, of a whole file beside a layer. layer.json has it, and
 * 'check' compares it. */
#pragma once

#include <stddef.h>

#define FILESUM_HEX 33 /* length with the NUL */

struct filesum;

/* Begins a digest. Returns NULL without memory. */
struct filesum *filesum_new(void);
void filesum_free(struct filesum *sum);
void filesum_add(struct filesum *sum, const void *data, size_t size);
void filesum_end(const struct filesum *sum, char ret[FILESUM_HEX]);

/* Computes the digest of the whole file FD. FD's file position does not change. */
int filesum_of_file(int fd, char ret[FILESUM_HEX]);

static inline void cleanup_filesum(struct filesum **sum)
{
	filesum_free(*sum);
}
#define auto_filesum __attribute__((cleanup(cleanup_filesum)))
