/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads what one layer holds under a name of one of its directories. It reads the live directory;
 * an index of an immutable layer could answer instead. Within the merge filesystem only.
 */
#pragma once

#include "common/overlay/layer_name.h"
#include "fuse/merge/state.h"

/* Reads NAME in the real directory REAL. QUERY has the caller's wishes; its other fields are set
 * here. 0 or a negative errno; the caller frees RET's redirect. The caller holds TREE. */
int source_read(struct fs *fs, uint32_t real, const char *name, struct layer_query *query,
	struct layer_name *ret);
/* The flags (enum real_flags) of a directory from its result RET. */
uint16_t source_real_flags(const struct layer_name *name);
