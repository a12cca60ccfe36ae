/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns any bytes into a JSON string. */
#pragma once

#include <jansson.h>

/* Each byte that is not UTF-8 becomes U+FFFD. NULL: no memory. */
json_t *jsontext(const char *text);
