/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of whatever bytes as a JSON string. */
#pragma once

#include <jansson.h>

/* Each byte that is not UTF-8 becomes U+FFFD. NULL: there is no memory. */
json_t *jsontext(const char *text);
