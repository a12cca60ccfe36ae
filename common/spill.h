/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes that are put behind each other and read again later: in memory while they are few, else in
 * a nameless file. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct shale_spill {
	char *memory; /* what is not in the file, and lies behind that */
	size_t used, size;
	int file; /* -1: none yet; -2: none can be had */
	uint64_t written;
	char *window; /* of the file: what was read last */
	uint64_t window_at;
	size_t window_size;
};
#define SHALE_SPILL ((struct shale_spill){ .file = -1 })

/* Where the next byte goes. */
static inline uint64_t shale_spill_end(const struct shale_spill *spill)
{
	return spill->written + spill->used;
}

int shale_spill_add(struct shale_spill *spill, const void *data, size_t size);
/* SIZE bytes from AT on, all of which were added; 0 or a negative errno. */
int shale_spill_read(struct shale_spill *spill, uint64_t at, void *to, size_t size);
void shale_spill_free(struct shale_spill *spill);

#define auto_spill __attribute__((cleanup(shale_spill_free)))
