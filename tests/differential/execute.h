/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs one operation on one side, and says in words what came of it. */
#pragma once

#include "tests/differential/operation.h"
#include "tests/differential/side.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

/* Writes the result to OUT: "ok", or the name of the errno, and what the call gave back, with what
 * may differ between backends left out (allowed.h). WATCH: also whether the inode numbers of the
 * paths stayed. The caller is root, and its working directory moves. */
void execute(struct side *side, const struct op *op, bool watch, FILE *out);

/* One operation by its kind; the paths of OP start at the working directory. */
typedef void execute_fn(struct side *side, const struct op *op, FILE *out);
execute_fn execute_path, execute_file;
/* Of what a slot holds. */
execute_fn execute_map, execute_lock;

/* A new descriptor that shows what SLOT's file holds now. A read-only descriptor of a kernel mount
 * may stand on the lower file still: allowed.h. */
int execute_view(const struct side *side, int64_t slot);
bool execute_is_regular(int fd);
/* The mode that OP gives a file with ST: see allowed.h. */
mode_t execute_mode(const struct op *op, const struct stat *st);
