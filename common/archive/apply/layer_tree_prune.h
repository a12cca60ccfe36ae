/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes whiteouts that hide nothing, because a mount would list them. A whiteout hides nothing if
 * no lower layer has its directory, or if this directory or one above it is opaque. Where whiteouts
 * are files, marks the directories of those that stay. */
#pragma once

#include "common/archive/apply/layer_tree.h"

/* Removes the whiteouts that hide nothing. Call it once, when everything is unpacked. */
int layer_tree_prune(struct layer_tree *tree, struct shale_error *err);
