/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes whiteouts that hide nothing, because a mount would list them: no lower layer has their
 * directory, or the directory or one that holds it is opaque. Marks the directories of all other
 * whiteouts that are files. */
#pragma once

#include "common/archive/apply/layer_tree.h"

/* Removes the whiteouts that hide nothing. Call it once, when everything is unpacked. */
int layer_tree_prune(struct layer_tree *tree, struct shale_error *err);
