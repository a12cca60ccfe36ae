/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a layer lacks of the stream that it was made of: a line on standard error for each. */
#pragma once

#include "common/shale.h"

/* For shale_layer_metadata; ID is the layer's. */
int layer_warn(const char *key, const char *value, void *id);
/* Of the layer TOP and all that are below it. */
void layer_warn_all(struct shale_store *store, const char *top);
