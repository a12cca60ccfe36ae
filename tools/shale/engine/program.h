/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other programs of this machine: finds them, and reads their output. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Finds the first program NAME in $PATH, or else in the sbin directories, which a plain user's PATH
 * may lack. Returns false if there is none. */
bool program_find(const char *name, char ret_path[PATH_MAX]);
/* Runs ARGV (NULL-terminated), whose first word is a path, without standard input, and keeps the
 * beginning of its standard output and error in RET. Returns its exit status; -ETIMEDOUT if it took
 * more than 15 seconds and was killed; -EINTR if a signal ended it; or another negative errno. */
int program_run(const char *const *argv, char *ret, size_t size);
/* Runs a program that it finds like program_find(). Returns -ENOENT if there is none. */
int program_ask(const char *const *argv, char *ret, size_t size);
/* Returns the last line of TEXT that is not empty, since programs mostly say there why they failed.
 * Writes a NUL into TEXT after that line. */
const char *program_last_line(char *text);
/* Finds shale-fuse: $SHALE_FUSE, the one beside this program, or the first in PATH. Returns false
 * if there is none. */
bool program_find_fuse(char ret_path[PATH_MAX]);
/* Reads the first version number in TEXT: "containerd x 1.6.20~ds1" is 1, 6. Returns false if TEXT
 * has none. */
bool program_version(const char *text, int *ret_major, int *ret_minor);
