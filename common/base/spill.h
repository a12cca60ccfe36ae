/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes that are put behind each other and read again later: in memory while they are few, else in
 * a nameless file. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct spill {
	char *memory; /* what is not in the file, and lies behind that */
	size_t used, size;
	int file; /* -1: none yet; -2: none can be had */
	uint64_t written;
	char *window; /* of the file: what was read last */
	uint64_t window_at;
	size_t window_size;
};
#define SPILL ((struct spill){ .file = -1 })

/* Where the next byte goes. */
static inline uint64_t spill_end(const struct spill *spill)
{
	return spill->written + spill->used;
}

int spill_add(struct spill *spill, const void *data, size_t size);
/* SIZE bytes from AT on, all of which were added; 0 or a negative errno. */
int spill_read(struct spill *spill, uint64_t at, void *to, size_t size);
void spill_free(struct spill *spill);

#define auto_spill __attribute__((cleanup(spill_free)))
