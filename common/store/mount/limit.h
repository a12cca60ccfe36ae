/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much a writable layer may take on the disk: the option "size" of its creation. */
#pragma once

#include <stdint.h>

#include "common/backend.h"
#include "common/store/layer_fields.h"

/* "10G": bytes, or with K, M, G, T or P behind it powers of 1024, as Docker reads sizes ("1.5gb",
 * "10 GiB"). -EINVAL for what is none, or is nothing. */
int limit_parse(const char *text, uint64_t *ret);

/* Bytes; 0: as much as there is, as for every immutable layer. */
uint64_t limit_of(const struct layer *layer);
int limit_set(json_t *record, uint64_t bytes);
