/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layers of another engine as layers of this store, so that new layers can be made on them. HOME/ID
 * is ours; its "diff" is a symbolic link to the engine's directory, where the files stay, and
 * layer.json names the engine's directory. All layers below an adopted one are adopted too. The
 * engine is not told.
 */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "common/store/id.h"
#include "common/store/layer_fields.h"

/* In layer.json of an adopted layer: the engine's directory, and the engine's SHORT for the layer,
 * which tells apart layers of the same id. */
#define ADOPTED_DIR  "adopted-from"
#define ADOPTED_LINK "adopted-link"

/* The engine's directory of LAYER; NULL if LAYER is not adopted. */
const char *adopted_from(const struct layer *layer);
/* Opens LAYER's root, wherever it lies. */
int adopted_open_root(const struct layer *layer);

/* Checks the adopted LAYER: RET_WHY says what is wrong, for the caller to free; NULL: nothing. */
int adopted_check(const struct layer *layer, char **ret_why);
/* After a failed mount of LAYER: says what is wrong with an adopted one of its layers, and returns
 * a negative errno; 0 if those are fine. */
int adopted_explain(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
