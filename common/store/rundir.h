/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RUN: the directory for records that are true until the next reboot. It serves one store only. A
 * store that is not at the default place, and for which the user names no RUN, gets a directory
 * below the default RUN. */
#pragma once

#include "common/shale.h"

/* Opens RUN, or makes it with refs/ and locks/, and notes which store it serves. PATH is the path
 * that the caller asks for; NULL: the default. Returns -EPERM if RUN is not private to this user,
 * -EBUSY if another store uses it. A RUN that cannot be written to is no error yet: commands that
 * only read do without. */
int rundir_open(struct shale_store *store, const char *path, struct shale_error *err);
/* For commands that must write to RUN: returns the error because of which rundir_open could not
 * write to it; else 0. */
int rundir_needed(const struct shale_store *store, struct shale_error *err);
