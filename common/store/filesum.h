/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The digest by which layer.json vouches for a file beside it: xxh3-128, in hexadecimal. */
#pragma once

#include <stddef.h>

#define SHALE_FILESUM_HEX 33 /* with the NUL */

struct shale_filesum;

/* NULL: no memory. */
struct shale_filesum *shale_filesum_new(void);
void shale_filesum_free(struct shale_filesum *sum);
void shale_filesum_add(struct shale_filesum *sum, const void *data, size_t size);
void shale_filesum_end(const struct shale_filesum *sum, char ret[SHALE_FILESUM_HEX]);

/* Of the file FD, from its beginning to its end; where it is read from stays. */
int shale_filesum_of_file(int fd, char ret[SHALE_FILESUM_HEX]);

static inline void cleanup_filesum(struct shale_filesum **sum)
{
	shale_filesum_free(*sum);
}
#define auto_filesum __attribute__((cleanup(cleanup_filesum)))
