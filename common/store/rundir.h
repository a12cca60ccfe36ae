/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RUN: records that are true until the next reboot. One directory serves one store. A store that is
 * not at the default place, and is given no RUN, gets a directory below the default one. */
#pragma once

#include "common/shale.h"

/* Opens or makes RUN, and refs/ and locks/ in it, and notes which store it serves. PATH: the path
 * that the caller asks for, or NULL. -EPERM if it is not private to this user, -EBUSY if another
 * store has it. A RUN that cannot be written to is no error yet: commands that only read work
 * without it. */
int rundir_open(struct shale_store *store, const char *path, struct shale_error *err);
/* Returns the error of rundir_open because of which RUN cannot be written to, for commands that
 * must write to RUN; else 0. */
int rundir_needed(const struct shale_store *store, struct shale_error *err);
