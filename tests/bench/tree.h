/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree on which the benchmark works: directories of 100 small files each. Half of the files are
 * in the lowest layer, as in an image, the rest in the other layers. There is also "big", a
 * directory of many empty files. */
#pragma once

#include <stdint.h>

#define TREE_FILES_IN_DIR 100u
#define TREE_BIG          5000u /* number of entries of "big" */

/* A buffer for any name of this tree. */
typedef char tree_name_t[64];

/* Writes the name of file I, below the root, or of the directory that it lies in. */
void tree_name(uint32_t i, tree_name_t ret);
void tree_dir_name(uint32_t i, tree_name_t ret);

/* Makes the tree in DIR: all of it in native/, and its parts in layers l/0 (the topmost) to
 * l/LAYERS-1. Returns 0 or a negative errno. */
int tree_make(const char *dir, uint32_t files, uint32_t layers);
