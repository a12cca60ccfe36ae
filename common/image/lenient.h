/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes JSON that Go's reader, and so every engine, accepts into JSON that jansson accepts. */
#pragma once

#include <stddef.h>

/* Copies SIZE bytes of TEXT, and replaces what jansson refuses, as Go's reader does: bytes that are
 * not UTF-8 and halves of surrogate pairs become U+FFFD; numbers beyond 64 bits or a double become
 * the nearest that fits; arrays and objects in more than 1,000 others become null. Does not correct
 * errors. The caller frees the copy; NULL without memory. */
char *lenient_json(const char *text, size_t size, size_t *ret_size);
