/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RUN/leases/NAME: a file that the holder of a lease keeps locked. The lock goes with the last copy
 * of the descriptor, however its holder ends; RUN/refs then still counts the uses of the lease,
 * until a sweep finds the file without its lock.
 */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

#define LEASE_NAME_SIZE 17

struct shale_lease {
	struct shale_store *store;
	int fd; /* its lock */
	char name[LEASE_NAME_SIZE];
};

/* Ends the uses of each lease that has no holder any more, and tells FN (may be NULL) of each mount
 * that this ends, as ("umount", path). A mount that is busy waits for the next sweep. */
int leases_sweep(struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err);
