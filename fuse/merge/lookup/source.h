/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads one name in one directory of one layer. Within the merge filesystem only. */
#pragma once

#include "common/overlay/layer_name.h"
#include "fuse/merge/state.h"

/* Reads NAME in the real directory REAL. The caller sets in QUERY which facts it wants; source_read
 * sets the other fields. Returns 0 or a negative errno. The caller frees RET's redirect, and holds
 * TREE. */
int source_read(struct fs *fs, uint32_t real, const char *name, struct layer_query *query,
	struct layer_name *ret);
/* Returns the flags (enum real_flags) of the directory NAME, which source_read has found. */
uint16_t source_real_flags(const struct layer_name *name);
