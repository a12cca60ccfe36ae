/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This program, from a copy in memory that nobody can write to. */
#pragma once

#include "common/shale.h"

/* Starts this program again, with the same arguments, from such a copy, unless it runs from one:
 * then 0. What a container starts as /proc/self/exe is the program that made the container, and
 * root in there could write to its file. */
int sealed_exec(struct shale_error *err);
