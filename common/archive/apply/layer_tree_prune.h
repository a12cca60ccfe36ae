/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds whiteouts that hide nothing because their directory is not merged: a directory above is
 * opaque, or no layer below has it. A mount would list them. */
#pragma once

#include "common/archive/apply/layer_tree.h"

/* Removes the whiteouts that hide nothing. Call it once, when everything is unpacked. */
int layer_tree_prune(struct layer_tree *tree, struct shale_error *err);
