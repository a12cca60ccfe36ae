/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does the work of common/archive slowly and simply: copies all layers over each other into one
 * tree, and compares two such trees file by file, as Docker does.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Makes a scratch directory with the tree that the N LAYERS, topmost first, show together (opaque
 * marks in the user class). */
int naive_flatten(const int *layers, size_t n);

/* "K /path\n" for each difference between two flat trees, sorted by path. The caller's to free. */
char *naive_changes(int old, int new);
/* The size of the regular files of NEW that were added or differ, hard links once. */
uint64_t naive_size(int old, int new);

/* Fills DIRFD with a layer that depends on SEED alone: few names, so that layers meet. */
void naive_random_layer(int dirfd, unsigned int *seed);
