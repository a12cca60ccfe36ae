/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists a directory as text that can be compared. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Prints the sorted names in the directory FD, each with its d_type, and marks names whose d_ino is
 * not their st_ino. FD stays open. */
void listing_print(int fd, FILE *out);
void listing_print_names(char *names, size_t size, FILE *out);
/* Returns the sorted names without "." and "..". The caller frees the list, and also the pointer
 * after the last name, which is the memory of the names. */
char **listing_names(int fd, size_t *ret_n);
