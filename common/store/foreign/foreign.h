/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory of layers that another engine keeps: Docker's overlay2, or overlay of
 * containers/storage (podman, buildah). It is only read: no file and no lock is made there.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "common/shale.h"
#include "common/store/foreign/engine_kind.h"
#include "common/store/id.h"

struct layer;
struct store_config;

const char *engine_name(enum engine engine);

/* The engine that owns a HOME without shale.json; ENGINE_SHALE if it can become a store; or a
 * negative errno. */
int foreign_engine(int home);
/* How ENGINE stores marks and owners in HOME. */
int foreign_config(int home, enum engine engine, struct store_config *ret, struct shale_error *err);
/* Reads ENGINE's own records of its layers, beside HOME, by id; NULL if there are none. */
int foreign_known(int home, enum engine engine, json_t **ret, struct shale_error *err);

/* Whether HOME/ID is a layer: 1, 0 or a negative errno. */
int foreign_is_layer(const struct shale_store *store, const char *id);
/* Fills in the link and a record like layer.json of LAYER, whose "lower" is read already.
 * -EOPNOTSUPP for a layer that only its engine can read. */
int foreign_describe(const struct shale_store *store, struct layer *layer, struct shale_error *err);
/* Finds the layer whose link is SHORT, also if l/SHORT was lost. */
int foreign_find(const struct shale_store *store, const char *name, char ret_id[ID_MAX + 1],
	struct shale_error *err);

/* -EROFS, with words and the remedy, if the store is another engine's. */
int foreign_refuse(const struct shale_store *store, struct shale_error *err);
