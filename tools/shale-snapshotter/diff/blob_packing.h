/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packs the bytes of a blob: leaves them as they are, or compresses them with gzip. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct blob_packing;

/* Takes the packed bytes. A negative result ends the packing. */
typedef int blob_packing_fn(const void *data, size_t size, void *arg);
int blob_packing_new(bool gzip, blob_packing_fn *fn, void *arg, struct blob_packing **ret);
/* Packs more bytes. Returns a negative result of FN, else 0. */
int blob_packing_add(struct blob_packing *packing, const void *data, size_t size);
/* Gives FN the rest of the packed bytes. */
int blob_packing_finish(struct blob_packing *packing);
/* Frees PACKING, which may be NULL. */
void blob_packing_free(struct blob_packing *packing);
