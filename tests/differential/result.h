/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes results of calls as text, to be compared. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#define HASH_START 0xcbf29ce484222325

uint64_t hash_bytes(uint64_t hash, const void *data, size_t size);
const char *errno_word(int error);
/* Prints "ok", or the errno's name if RESULT < 0. Returns whether RESULT >= 0. */
bool print_result(FILE *out, long result);

/* Prints a time: as "sec.nsec" if the test has set it, as "now" if the clock has. */
void print_time(FILE *out, const struct timespec *time);
/* Prints type, mode, owner, device number, size, link count, modification time. */
void print_attributes(FILE *out, const struct stat *st, bool with_nlink);
/* Returns a letter for the type: 'd', 'f', 'l', ... */
char type_letter(mode_t mode);

int compare_strings(const void *a, const void *b);
/* Sorts the NUL-separated NAMES. Returns pointers into NAMES, with room for one more. The caller
 * frees the list. */
char **split_names(char *names, size_t size, size_t *ret_n);
