/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The digest by which layer.json vouches for a file beside it: xxh3-128, in hexadecimal. */
#pragma once

#include <stddef.h>

#define FILESUM_HEX 33 /* with the NUL */

struct filesum;

/* NULL: no memory. */
struct filesum *filesum_new(void);
void filesum_free(struct filesum *sum);
void filesum_add(struct filesum *sum, const void *data, size_t size);
void filesum_end(const struct filesum *sum, char ret[FILESUM_HEX]);

/* Of the file FD, from its beginning to its end; where it is read from stays. */
int filesum_of_file(int fd, char ret[FILESUM_HEX]);

static inline void cleanup_filesum(struct filesum **sum)
{
	filesum_free(*sum);
}
#define auto_filesum __attribute__((cleanup(cleanup_filesum)))
