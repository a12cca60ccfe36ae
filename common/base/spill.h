/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A growing run of bytes that is read again later. It is in memory while it is small; the rest goes
 * to a nameless file. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct spill {
	char *memory; /* the bytes that come after those in the file */
	size_t used, size;
	int file; /* -1: not made yet; -2: it cannot be made */
	uint64_t written;
	char *window; /* the part of the file that was read last */
	uint64_t window_at;
	size_t window_size;
};
#define SPILL ((struct spill){ .file = -1 })

/* Returns the offset at which the next byte is added. */
static inline uint64_t spill_end(const struct spill *spill)
{
	return spill->written + spill->used;
}

int spill_add(struct spill *spill, const void *data, size_t size);
/* Reads SIZE bytes at offset AT. All of them must have been added. Returns 0 or a negative errno.
 */
int spill_read(struct spill *spill, uint64_t at, void *to, size_t size);
void spill_free(struct spill *spill);

#define auto_spill __attribute__((cleanup(spill_free)))
