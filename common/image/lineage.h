/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer to be exported, with its ancestors, and the image config that it grew from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "common/archive/digest.h"
#include "common/shale.h"
#include "common/store/store.h"

struct lineage {
	struct layer_roots roots;     /* topmost first */
	char *name;                   /* of the image; NULL: it is a layer that is no image */
	json_t *tags;                 /* that the image came with; NULL without */
	char *config_text;            /* of the nearest image below; NULL: there is none, or it
				       * has been changed */
	json_t *config;               /* the same, parsed; or a new one */
	json_t *annotations;          /* of that image's manifest; NULL without */
	char *manifest;               /* that that image came with; NULL: none is known */
	size_t n_inherited;           /* how many of the layers, from the base, it has */
	const char *author, *message; /* of the newest entry of the history; borrowed; NULL */
};

/* In layer.json: what the history of an image says of the layer. */
#define FIELD_AUTHOR  "author"
#define FIELD_MESSAGE "message"

/* WHAT is an image's name, else a layer's id. -ENOENT. -EINVAL: nothing says which image the layer
 * was made from, and several with different configs have its layers. */
int lineage_find(
	struct shale_store *store, const char *what, struct lineage *ret, struct shale_error *err);
/* The same for ID, which is a layer's. */
int lineage_find_layer(
	struct shale_store *store, const char *id, struct lineage *ret, struct shale_error *err);
/* Changes the config as OPTIONS say (NULL: not at all); they must live as long as LINEAGE. */
int lineage_change(struct lineage *lineage, const struct shale_config_options *options,
	struct shale_error *err);
void lineage_free(struct lineage *lineage);

/* The id of layer I, counted from the base. */
const char *lineage_id(const struct lineage *lineage, size_t i);

/* The config of the image whose layers, base first, have the tars DIFF_IDS: the one that was
 * imported, to the byte, if these are its diff ids; else with these in it, and with history for
 * each layer on top of it. The caller's to free. */
int lineage_config(struct shale_store *store, struct lineage *lineage,
	const char (*diff_ids)[DIGEST_SIZE], char **ret, struct shale_error *err);

/* The same with the diff ids that the layers were made with. -EINVAL: one of them is writable. */
int lineage_config_as_made(
	struct shale_store *store, struct lineage *lineage, char **ret, struct shale_error *err);

static inline void cleanup_lineage(struct lineage *lineage)
{
	lineage_free(lineage);
}
#define auto_lineage __attribute__((cleanup(cleanup_lineage)))
