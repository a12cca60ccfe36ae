/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A second, slow and simple version of common/archive, to compare with: copies all layers over each
 * other into one tree, and compares two such trees file by file, as Docker does. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Makes a scratch directory with the merged tree of the N LAYERS, topmost first (opaque marks in
 * the user class). */
int naive_flatten(const int *layers, size_t n);

/* Returns a line "K /path" for each difference between two flat trees, sorted by path. The caller
 * frees it. */
char *naive_changes(int old, int new);
/* Returns the size of the regular files of NEW that were added or differ, hard links once. */
uint64_t naive_size(int old, int new);

/* Fills DIRFD with a layer that depends on SEED alone. It has few different names, so that names of
 * several layers meet. */
void naive_random_layer(int dirfd, unsigned int *seed);
