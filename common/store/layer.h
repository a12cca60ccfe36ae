/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens the layers of a store, one by one or a whole chain. */
#pragma once

#include "common/shale.h"
#include "common/store/id.h"
#include "common/store/layer_fields.h"

/* Opens the layer ID. Returns -ENOENT ("no such layer"), or -EINVAL for a malformed id. */
int layer_open(const struct shale_store *store, const char *id, struct layer *ret,
	struct shale_error *err);
/* Reads the file "lower" of LAYER, whose directory is open. A base layer has none. */
int layer_read_lower(struct layer *layer);
/* Returns 1 if HOME/ID is a layer, else 0; or a negative errno. */
int layer_is_there(const struct shale_store *store, const char *id);
/* Returns 0 if HOME/ID is still the directory that LAYER has open, else -ESTALE with words. */
int layer_still_there(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
/* Checks like layer_still_there. Also returns -ESTALE if a snapshot has put another layer below
 * LAYER since it was opened. */
int layer_unchanged(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
/* Returns 0 if there is no layer ID, else -EEXIST with words. */
int layer_must_be_absent(const struct shale_store *store, const char *id, struct shale_error *err);

/* Makes lost links l/SHORT that LAYER's mount needs again. Returns 1 if a link was lost, else 0. */
int layer_mend_links(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
/* Returns the ids of LAYER and its ancestors in *RET, topmost first: N_LOWERS + 1 of them. */
int layer_chain(const struct shale_store *store, const struct layer *layer, char ***ret,
	struct shale_error *err);
void layer_chain_free(char **ids);
static inline void cleanup_layer_chain(char ***ids)
{
	layer_chain_free(*ids);
}
#define auto_layer_chain __attribute__((cleanup(cleanup_layer_chain)))

/* Calls FN with the id of each directory in HOME that is a layer, in no order. */
typedef int layer_id_fn(const char *id, void *arg);
int layer_each(const struct shale_store *store, layer_id_fn *fn, void *arg);
