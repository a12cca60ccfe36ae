/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layers of another engine as layers of this store, so that new ones can be made on them. HOME/ID
 * is ours; its "diff" is a symbolic link to the engine's, where the files stay, and layer.json says
 * whose it is. All that lies below an adopted layer is adopted too. The engine knows nothing of it.
 */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "common/store/id.h"
#include "common/store/layer_fields.h"

/* In layer.json of an adopted layer: the engine's directory, and its SHORT of the layer, for
 * another layer of that id has another one. */
#define ADOPTED_DIR  "adopted-from"
#define ADOPTED_LINK "adopted-link"

/* The engine's directory of LAYER; NULL if LAYER is not adopted. */
const char *adopted_from(const struct layer *layer);
/* A descriptor of LAYER's root, wherever it lies. */
int adopted_open_root(const struct layer *layer);

/* Checks the adopted LAYER: RET_WHY says in words what is wrong, for the caller to free; NULL:
 * nothing. */
int adopted_check(const struct layer *layer, char **ret_why);
/* After a mount of LAYER failed: what is wrong with an adopted one of its layers, in words, and a
 * negative errno; 0 if it is not for them. */
int adopted_explain(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
