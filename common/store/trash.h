/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME/trash/: one rename removes a layer from the store, and its files are deleted afterwards. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "common/store/id.h"

/* Renames NAME in DIRFD into the trash, durably. RET is the new name in the trash. */
int trash_move(
	const struct shale_store *store, int dirfd, const char *name, char ret[SHORT_LEN + 1]);
/* Deletes NAME in the trash. A file that cannot be deleted stays for the next sweep. */
int trash_delete(const struct shale_store *store, const char *name);

/* Deletes everything in the trash, and calls FN (may be NULL) with ("trash", NAME). Without
 * WAIT, returns at once if another process is just deleting. */
int trash_sweep(const struct shale_store *store, bool wait, shale_pair_fn *fn, void *arg);
