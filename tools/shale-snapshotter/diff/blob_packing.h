/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes on their way into a blob: as they are, or through gzip. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct blob_packing;

/* Takes the packed bytes; negative: stop. */
typedef int blob_packing_fn(const void *data, size_t size, void *arg);
int blob_packing_new(bool gzip, blob_packing_fn *fn, void *arg, struct blob_packing **ret);
/* Returns a negative result of FN, else 0. */
int blob_packing_add(struct blob_packing *packing, const void *data, size_t size);
/* Gives FN the rest. */
int blob_packing_finish(struct blob_packing *packing);
/* NULL is allowed. */
void blob_packing_free(struct blob_packing *packing);
