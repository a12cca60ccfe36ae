/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON that Go's reader takes, and with it every engine, made such that jansson takes it, too. */
#pragma once

#include <stddef.h>

/*
 * SIZE bytes of TEXT with what jansson refuses replaced as Go's reader does: bytes that are not
 * UTF-8 and halves of surrogate pairs become U+FFFD. Numbers beyond what 64 bits or a double hold
 * become the nearest that they do. The caller's; NULL without memory. All else stays, errors too.
 */
char *lenient_json(const char *text, size_t size, size_t *ret_size);
