/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns any bytes into a JSON string. */
#pragma once

#include <jansson.h>

/* Makes a string of TEXT, in which each byte that is not UTF-8 becomes U+FFFD. NULL without
 * memory. */
json_t *jsontext(const char *text);
