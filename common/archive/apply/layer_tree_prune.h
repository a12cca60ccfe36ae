/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whiteouts that hide nothing because their directory is not merged with one below: an opaque
 * directory is above them, or no layer below has it. A mount would list them. */
#pragma once

#include "common/archive/apply/layer_tree.h"

/* Removes them. Call it once, when all is unpacked. */
int layer_tree_prune(struct layer_tree *tree, struct shale_error *err);
