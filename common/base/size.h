/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes as people write them. */
#pragma once

#include <stdint.h>

/* "10G": a number of bytes, or with K, M, G, T or P powers of 1024, as Docker reads sizes ("1.5gb",
 * "10 GiB"). -EINVAL if TEXT is no size, or zero. */
int size_parse(const char *text, uint64_t *ret);
