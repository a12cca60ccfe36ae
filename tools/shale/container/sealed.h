/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs this program from a copy in memory that no process can write to. */
#pragma once

#include "common/shale.h"

/* Starts this program again from such a copy, with the same arguments; returns 0 if it runs from
 * one already. /proc/self/exe of a container's first process is this program's file, and root in
 * the container could write to it. */
int sealed_exec(struct shale_error *err);
