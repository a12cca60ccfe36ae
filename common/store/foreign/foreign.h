/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory of layers that another engine keeps: Docker's overlay2, or overlay of
 * containers/storage (podman, buildah). The store only reads such a directory, and makes no file
 * and no lock in it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "common/shale.h"
#include "common/store/foreign/engine_kind.h"
#include "common/store/id.h"

struct layer;
struct store_config;

const char *engine_name(enum engine engine);

/* Returns the engine that owns a HOME without shale.json; ENGINE_SHALE if HOME can become a
 * store; or a negative errno. */
int foreign_engine(int home);
/* Finds out how ENGINE stores marks and owners in HOME. */
int foreign_config(int home, enum engine engine, struct store_config *ret, struct shale_error *err);
/* Reads the list of layers that ENGINE keeps beside HOME, as an object by id; NULL if there is
 * none. */
int foreign_known(int home, enum engine engine, json_t **ret, struct shale_error *err);

/* Tells whether HOME/ID is a layer: 1, 0 or a negative errno. */
int foreign_is_layer(const struct shale_store *store, const char *id);
/* Fills in LAYER's link, and a record in the form of layer.json. LAYER's "lower" is read already.
 * Returns -EOPNOTSUPP for a layer that only its engine can read. */
int foreign_describe(const struct shale_store *store, struct layer *layer, struct shale_error *err);
/* Finds the layer whose link is NAME, also if l/NAME was lost. */
int foreign_find(const struct shale_store *store, const char *name, char ret_id[ID_MAX + 1],
	struct shale_error *err);

/* Returns -EROFS, with words and a remedy, if the store belongs to another engine; else 0. */
int foreign_refuse(const struct shale_store *store, struct shale_error *err);
