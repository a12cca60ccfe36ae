/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The source of a search: reads what one layer holds under a name of one of its directories. It
 * asks the live directory; an index of an immutable layer could answer instead. Within the merge
 * filesystem only.
 */
#pragma once

#include "common/overlay/layer_name.h"
#include "fuse/merge/state.h"

/* Reads NAME in the real directory REAL. QUERY says what the caller wants; the rest of it is set
 * here. 0 or a negative errno; RET's redirect is the caller's to free. TREE is held. */
int source_read(struct fs *fs, uint32_t real, const char *name, struct layer_query *query,
	struct layer_name *ret);
/* The flags of the directory RET was read as (enum real_flags). */
uint16_t source_real_flags(const struct layer_name *name);
