/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs one operation on one side, and writes its result as text. */
#pragma once

#include "tests/differential/operation.h"
#include "tests/differential/side.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

/* Runs OP and writes its result to OUT: "ok" or the name of the errno, and the values that the call
 * returned. Values that may differ between backends are left out (allowed.h). WATCH: also writes
 * whether the inode numbers of its paths have stayed the same. The caller is root. Changes the
 * working directory. */
void execute(struct side *side, const struct op *op, bool watch, FILE *out);

/* A function for one kind of operation. Paths in OP begin at the working directory. */
typedef void execute_fn(struct side *side, const struct op *op, FILE *out);
execute_fn execute_path, execute_file;
/* Functions for operations on the file in a slot (struct side). */
execute_fn execute_map, execute_lock;

/* Opens SLOT's file again, to see its present content. A descriptor for reading on a kernel mount
 * may still lead to the lower file: allowed.h. */
int execute_view(const struct side *side, int64_t slot);
bool execute_is_regular(int fd);
/* Returns the mode that OP gives a file whose stat is ST: see allowed.h. */
mode_t execute_mode(const struct op *op, const struct stat *st);
