/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limit on the disk space of a writable layer: the option "size" of its creation. */
#pragma once

#include <stdint.h>

#include "common/backend.h"
#include "common/store/layer_fields.h"

/* "10G": a number of bytes, or with K, M, G, T or P powers of 1024, as Docker reads sizes ("1.5gb",
 * "10 GiB"). -EINVAL if TEXT is no size, or zero. */
int limit_parse(const char *text, uint64_t *ret);

/* The limit in bytes; 0: none, as for every immutable layer. */
uint64_t limit_of(const struct layer *layer);
int limit_set(json_t *record, uint64_t bytes);
