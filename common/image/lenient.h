/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Go's JSON reader, and so every engine, accepts documents that jansson refuses. Changes such a
 * document so that jansson accepts it, with the values that Go reads. */
#pragma once

#include <stddef.h>

/* Copies SIZE bytes of TEXT, and replaces the parts that jansson refuses. Bytes that are not UTF-8,
 * and halves of surrogate pairs, become U+FFFD. A number beyond 64 bits, or beyond a double,
 * becomes the nearest one. Arrays and objects deeper than 1,000 levels become null. A syntax error
 * stays. The caller frees the copy; NULL without memory. */
char *lenient_json(const char *text, size_t size, size_t *ret_size);
