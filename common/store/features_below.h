/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the features (features.h) of the layers below a layer, by opening those layers. */
#pragma once

#include "common/store/layer.h"

/* Finds exactly the features of the layers below LAYER. RET_WHERE has the ids of the layers that
 * have some, joined by ", ", for the caller to free; NULL without any. */
int features_below(const struct shale_store *store, const struct layer *layer, unsigned int *ret,
	char **ret_where, struct shale_error *err);
