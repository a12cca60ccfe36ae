/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists a directory in words that can be compared. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Prints the names in the directory FD (which stays open), sorted, each with its d_type, and a mark
 * if d_ino is not the name's st_ino. */
void listing_print(int fd, FILE *out);
void listing_print_names(char *names, size_t size, FILE *out);
/* Returns the sorted names without "." and "..". The caller frees the list, and the pointer behind
 * its last name: that is the memory of all names. */
char **listing_names(int fd, size_t *ret_n);
