/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes on their way into a blob: as they are, or through gzip. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct packing;

/* Takes the packed bytes; negative: stop. */
typedef int packing_fn(const void *data, size_t size, void *arg);
int packing_new(bool gzip, packing_fn *fn, void *arg, struct packing **ret);
/* Returns a negative result of FN, else 0. */
int packing_add(struct packing *packing, const void *data, size_t size);
/* Gives FN the rest. */
int packing_finish(struct packing *packing);
/* NULL is allowed. */
void packing_free(struct packing *packing);
