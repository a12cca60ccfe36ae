/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes redirects, which lead from a moved node to its lower parts. Within the merge filesystem
 * only. */
#pragma once

#include "fuse/merge/descriptors/locate.h"

/* Whether NODE, of the upper layer, also shows parts of lower layers: a merged directory, or a
 * metacopy. */
bool make_redirect_is_needed(struct fs *fs, uint32_t node);

/*
 * Sets a redirect on NODE, for which make_redirect_is_needed() is true, before NODE is moved or
 * gets another name. The redirect is the path of its lower parts, or with SAME_DIR only a name.
 * Returns -EXDEV if the path is unknown. The caller holds TREE.
 */
int make_redirect(struct fs *fs, uint32_t node, bool same_dir);
