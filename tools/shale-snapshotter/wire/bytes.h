/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A growing string of bytes. A zeroed struct is an empty string. */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct wire_bytes {
	uint8_t *data;
	size_t size, capacity;
};

/* Adds N bytes at the end and returns them, for the caller to fill in; NULL without memory. */
static inline uint8_t *wire_bytes_extend(struct wire_bytes *bytes, size_t n)
{
	if (bytes->capacity - bytes->size < n) {
		size_t capacity = 2 * bytes->capacity > bytes->size + n ? 2 * bytes->capacity
									: bytes->size + n;
		uint8_t *data = realloc(bytes->data, capacity);

		if (!data)
			return NULL;
		bytes->data = data;
		bytes->capacity = capacity;
	}
	bytes->size += n;
	return bytes->data + bytes->size - n;
}

static inline int wire_bytes_add(struct wire_bytes *bytes, const void *data, size_t n)
{
	uint8_t *to = wire_bytes_extend(bytes, n);

	if (!to)
		return -ENOMEM;
	if (n)
		memcpy(to, data, n);
	return 0;
}

static inline void wire_bytes_free(struct wire_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct wire_bytes){ 0 };
}
