/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes as people write them. */
#pragma once

#include <stdint.h>

/* Parses a number of bytes as Docker reads sizes: "10G", "1.5gb", "10 GiB". K, M, G, T and P are
 * powers of 1024. Returns -EINVAL if TEXT is no size, or zero. */
int size_parse(const char *text, uint64_t *ret);
