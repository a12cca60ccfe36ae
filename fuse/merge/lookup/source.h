/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what one layer has under a name in one of its directories. It reads the live directory; an
 * index of an immutable layer could answer instead. Within the merge filesystem only. */
#pragma once

#include "common/overlay/layer_name.h"
#include "fuse/merge/state.h"

/* Reads NAME in the real directory REAL. The caller sets its wishes in QUERY; source_read sets the
 * other fields. Returns 0 or a negative errno. The caller frees RET's redirect, and holds TREE. */
int source_read(struct fs *fs, uint32_t real, const char *name, struct layer_query *query,
	struct layer_name *ret);
/* Returns the flags (enum real_flags) of the directory NAME, which source_read has found. */
uint16_t source_real_flags(const struct layer_name *name);
