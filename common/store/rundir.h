/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RUN: what is true of a store until the next reboot. One directory serves one store: without a
 * name of its own, a store that is not at the default place gets a directory below the default one.
 */
#pragma once

#include "common/shale.h"

/* Opens or makes RUN, refs/ and locks/ in it, and notes there which store it serves. PATH: the
 * caller's wish, or NULL. -EPERM if it is not private to this user, -EBUSY if another store has it.
 * A RUN that cannot be written to is no error yet: commands that only read do without. */
int rundir_open(struct shale_store *store, const char *path, struct shale_error *err);
/* The error of that, for commands that need to write there; else 0. */
int rundir_needed(const struct shale_store *store, struct shale_error *err);
