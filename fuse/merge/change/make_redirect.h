/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes redirects, which lead from a moved node to its lower parts. Within the merge
 * filesystem only. */
#pragma once

#include "fuse/merge/descriptors/locate.h"

/* Whether NODE, of the upper layer, shows something of lower ones: a merged directory, or a
 * metacopy. */
bool fs_keeps_lower(struct fs *fs, uint32_t node);

/* Marks such a NODE, before it is moved or gets a further name, with the place that its lower parts
 * are found at: a name is enough within the SAME_DIR. -EXDEV where that cannot be told. TREE is
 * held. */
int fs_redirect(struct fs *fs, uint32_t node, bool same_dir);
