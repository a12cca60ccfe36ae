/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limit on the disk space of a writable layer: the option "size" of its creation. */
#pragma once

#include <stdint.h>

#include "common/backend.h"
#include "common/store/layer_fields.h"

/* Returns the layer's limit in bytes; 0 without one, as for every immutable layer. */
uint64_t size_limit_of(const struct layer *layer);
int size_limit_set(json_t *record, uint64_t bytes);
