/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which layers below a layer hold such features (features.h), found by opening them. */
#pragma once

#include "common/store/layer.h"

/* Of the layers below LAYER, exactly. RET_WHERE, for the caller to free: the ids of those that have
 * some, joined by ", "; NULL for none. */
int features_below(const struct shale_store *store, const struct layer *layer, unsigned int *ret,
	char **ret_where, struct shale_error *err);
