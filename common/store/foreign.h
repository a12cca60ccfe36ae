/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory of layers that another engine keeps: Docker's overlay2, or overlay of
 * containers/storage (podman, buildah). It is opened as it is, and only read: no file and no lock
 * is made there.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "common/shale.h"
#include "common/store/id.h"

struct shale_layer;
struct shale_store_config;

enum shale_engine {
	SHALE_ENGINE_SHALE, /* the store is ours */
	SHALE_ENGINE_DOCKER,
	SHALE_ENGINE_CONTAINERS,
};

const char *shale_engine_name(enum shale_engine engine);

/* Whose HOME is that has no shale.json; SHALE_ENGINE_SHALE if it can become a store; or a negative
 * errno. */
int shale_foreign_engine(int home);
/* How ENGINE keeps marks and owners in HOME. */
int shale_foreign_config(int home, enum shale_engine engine, struct shale_store_config *ret,
	struct shale_error *err);
/* What ENGINE says of its layers beside HOME, by id; NULL if it says nothing. */
int shale_foreign_known(int home, enum shale_engine engine, json_t **ret, struct shale_error *err);

/* Whether HOME/ID is a layer: 1, 0 or a negative errno. */
int shale_foreign_is_layer(const struct shale_store *store, const char *id);
/* Of LAYER, whose "lower" is read: its link, and a record like layer.json. -EOPNOTSUPP for what
 * cannot be read without its engine. */
int shale_foreign_describe(
	const struct shale_store *store, struct shale_layer *layer, struct shale_error *err);
/* The layer whose link is SHORT: also when l/SHORT was lost. */
int shale_foreign_find(const struct shale_store *store, const char *name,
	char ret_id[SHALE_ID_MAX + 1], struct shale_error *err);

/* -EROFS, with words and the remedy, if the store is another engine's. */
int shale_foreign_refuse(const struct shale_store *store, struct shale_error *err);
