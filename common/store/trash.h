/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME/trash/: one rename takes a layer away, its deletion follows. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "common/store/id.h"

/* Renames NAME in DIRFD into the trash, durably. RET is its name there. */
int trash_move(
	const struct shale_store *store, int dirfd, const char *name, char ret[SHORT_LEN + 1]);
/* Deletes what lies there under NAME. What cannot be deleted stays for the next sweep. */
int trash_delete(const struct shale_store *store, const char *name);

/* Deletes all; FN (may be NULL) is told ("trash", NAME). Returns at once if somebody else is just
 * deleting and WAIT is false. */
int trash_sweep(const struct shale_store *store, bool wait, shale_pair_fn *fn, void *arg);
