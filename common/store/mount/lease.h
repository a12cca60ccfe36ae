/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RUN/leases/NAME: a file that the holder of a lease keeps locked. The lock is released with the
 * last copy of the descriptor, however the holder ends. RUN/refs counts the uses of the lease
 * until a sweep finds the file without its lock. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

#define LEASE_NAME_SIZE 17

struct shale_lease {
	struct shale_store *store;
	int fd; /* descriptor of the lease's file, which has the lock */
	char name[LEASE_NAME_SIZE];
};

/* Ends the gets of each lease without a holder. Unmounts what has no users then, and calls FN (may
 * be NULL) with ("umount", path) for each. A mount that is busy stays until the next sweep. */
int leases_sweep(struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err);
