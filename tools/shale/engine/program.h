/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another program of this machine: where it lies, and what it prints. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The first NAME in $PATH, or in the sbin directories, which a plain user's PATH may lack. False:
 * there is none. */
bool program_find(const char *name, char ret_path[PATH_MAX]);
/* Runs ARGV, to the end NULL, whose first word is a path, with no standard input, and keeps the
 * beginning of its two outputs in RET. Returns its exit status; -ETIMEDOUT: it took more than 15
 * seconds and was killed; -EINTR: a signal ended it; or another negative errno. */
int program_run(const char *const *argv, char *ret, size_t size);
/* The same of a program that is looked for as program_find() does; -ENOENT: there is none. */
int program_ask(const char *const *argv, char *ret, size_t size);
/* The last line of TEXT that is not empty, where a program says why it ends; cuts it there. */
const char *program_last_line(char *text);
/* shale-fuse: $SHALE_FUSE, the one beside this program, or the first in PATH. False: there is none.
 */
bool program_find_fuse(char ret_path[PATH_MAX]);
/* The first number of TEXT that is one of a version: "containerd x 1.6.20~ds1" is 1, 6. False: TEXT
 * has none. */
bool program_version(const char *text, int *ret_major, int *ret_minor);
