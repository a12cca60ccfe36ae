/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds which layers below a layer have such features (features.h), by opening them. */
#pragma once

#include "common/store/layer.h"

/* The features of the layers below LAYER, exactly. RET_WHERE, for the caller to free: the ids of
 * the layers that have some, joined by ", "; NULL for none. */
int features_below(const struct shale_store *store, const struct layer *layer, unsigned int *ret,
	char **ret_where, struct shale_error *err);
