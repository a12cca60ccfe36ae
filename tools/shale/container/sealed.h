/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs this program from a copy in memory that no process can write to. */
#pragma once

#include "common/shale.h"

/* Starts this program again from a copy in memory, with the same arguments. Returns 0 if it runs
 * from such a copy already. Without this, root in the container could write to the program's file,
 * through /proc/self/exe of the container's first process. */
int sealed_exec(struct shale_error *err);
