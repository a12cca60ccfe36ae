/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes redirects: from a moved node to the lower directory or file with which it is merged. Within
 * the merge filesystem only. */
#pragma once

#include "fuse/merge/descriptors/locate.h"

/* Whether NODE, of the upper layer, needs a lower directory or file: it is a merged directory or a
 * metacopy. */
bool make_redirect_is_needed(struct fs *fs, uint32_t node);

/* Sets a redirect on NODE, for which make_redirect_is_needed() is true. Call it before NODE moves
 * or gets another name. The redirect is the path of the lower directory or file; with SAME_DIR its
 * name is enough. Returns -EXDEV if the path is unknown. The caller holds TREE. */
int make_redirect(struct fs *fs, uint32_t node, bool same_dir);
