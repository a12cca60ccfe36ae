/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One layer of the store, opened: its directory HOME/ID and what its small files say. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/shale.h"
#include "common/store/id.h"

/* So many lower layers the kernel mounts (OVL_MAX_STACK). */
#define LOWERS_MAX 500

struct layer {
	int dir; /* HOME/ID, opened for reading; -1: none */
	char id[ID_MAX + 1];
	char link[SHORT_LEN + 1];
	char *lower_text;    /* the file "lower", cut into what follows */
	const char **lowers; /* "l/SHORT", nearest parent first */
	size_t n_lowers;
	bool committed;
	bool rw;
	bool moving;    /* a rename had begun: see frozen.h */
	json_t *record; /* layer.json */
};

#define LAYER_NONE ((struct layer){ .dir = -1 })

/* -ENOENT "no such layer"; -EINVAL for a bad id. */
int layer_open(const struct shale_store *store, const char *id, struct layer *ret,
	struct shale_error *err);
void layer_close(struct layer *layer);
#define auto_layer __attribute__((cleanup(layer_close)))

/* 1 if HOME/ID is there, else 0 or a negative errno. */
int layer_is_there(const struct shale_store *store, const char *id);
/* 0 if HOME/ID is still the directory that LAYER has open, else -ESTALE with words. */
int layer_still_there(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);

/* Its content never changes from now on: it was made as a layer, or has children. */
bool layer_is_immutable(const struct layer *layer);
/* A string of the record; "" where it is not set. */
const char *layer_field(const struct layer *layer, const char *key);
/* The id of the direct parent, or "". */
const char *layer_parent(const struct layer *layer);

/* Makes anew what was lost of the l/SHORTs that LAYER's mount needs: 1 if there was any, else 0. */
int layer_mend_links(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
/* The ids of LAYER and its ancestors, topmost first: N_LOWERS + 1 of them. */
int layer_chain(const struct shale_store *store, const struct layer *layer, char ***ret,
	struct shale_error *err);
void layer_chain_free(char **ids);

/* Calls FN with the id of each directory in HOME that is a layer, in no order. */
typedef int layer_id_fn(const char *id, void *arg);
int layer_each(const struct shale_store *store, layer_id_fn *fn, void *arg);
