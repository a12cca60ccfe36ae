/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists a directory in words that can be compared. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* The names in the directory FD (kept), sorted, each with its d_type, marked where d_ino is not the
 * st_ino of the name. */
void listing_print(int fd, FILE *out);
void listing_print_names(char *names, size_t size, FILE *out);
/* The sorted names without "." and "..". The caller frees the list, and what stands behind its last
 * name: the memory of all names. */
char **listing_names(int fd, size_t *ret_n);
