/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers of another engine as layers of this store, so that new layers can be made on them. The
 * directory HOME/ID belongs to this store; its "diff" is a symbolic link to the engine's
 * directory, where the files stay, and layer.json names the engine's directory. All layers below
 * an adopted one are adopted, too. The engine is not told. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "common/store/id.h"
#include "common/store/layer_fields.h"

/* Keys in layer.json of an adopted layer: the engine's directory, and the engine's short link for
 * the layer, which tells apart layers of the same id. */
#define ADOPTED_DIR  "adopted-from"
#define ADOPTED_LINK "adopted-link"

/* Returns the engine's directory of LAYER, or NULL if LAYER is not adopted. */
const char *adopted_from(const struct layer *layer);
/* Opens LAYER's root, in this store or in the engine's. */
int adopted_open_root(const struct layer *layer);

/* Checks the adopted LAYER. RET_WHY is the problem in words, which the caller frees; NULL: none. */
int adopted_check(const struct layer *layer, char **ret_why);
/* Called when a mount of LAYER failed. If one of its adopted layers has a problem, returns a
 * negative errno with words; else 0. */
int adopted_explain(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
