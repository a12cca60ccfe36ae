/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer to be exported, its ancestors, and the image config that it was made from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "common/archive/digest.h"
#include "common/shale.h"
#include "common/store/store.h"

struct lineage {
	struct layer_roots roots; /* the layers' roots, topmost first */
	char *name;               /* the image's name; NULL: the layer is no image */
	json_t *tags;             /* names that the image came with; NULL: none */
	/* Text of the config of the nearest image below; NULL if there is no such image, or the
	 * config was changed. */
	char *config_text;
	json_t *config;      /* that config, parsed; or a new one */
	json_t *annotations; /* annotations of that image's manifest; NULL without any */
	char *manifest;      /* manifest that came with that image; NULL if it is not known */
	size_t n_inherited;  /* how many of the layers, from the base, belong to that image */
	const char *author, *message; /* for the newest history entry; borrowed; may be NULL */
};

/* The author and message for the image's history, in layer.json. */
#define FIELD_AUTHOR  "author"
#define FIELD_MESSAGE "message"

/* Finds the lineage of WHAT, an image's name or else a layer's id. Returns -ENOENT; -EINVAL if
 * nothing tells from which image the layer was made, and several images with different configs have
 * its layers. */
int lineage_find(
	struct shale_store *store, const char *what, struct lineage *ret, struct shale_error *err);
/* Finds the lineage of layer ID. */
int lineage_find_layer(
	struct shale_store *store, const char *id, struct lineage *ret, struct shale_error *err);
/* Changes the config as OPTIONS say (NULL: not at all). OPTIONS must live as long as LINEAGE. */
int lineage_change(struct lineage *lineage, const struct shale_config_options *options,
	struct shale_error *err);
void lineage_free(struct lineage *lineage);

/* Returns the id of layer I, counted from the base. */
const char *lineage_id(const struct lineage *lineage, size_t i);

/* Makes the config of an image whose layers, base first, have tars with DIFF_IDS: the imported
 * config, unchanged, if it has these diff ids; else with these, and a history entry for each layer
 * on top of it. The caller frees it. */
int lineage_config(struct shale_store *store, struct lineage *lineage,
	const char (*diff_ids)[DIGEST_SIZE], char **ret, struct shale_error *err);

/* Makes the config with the diff ids that the layers were made with. Returns -EINVAL if a layer is
 * writable. */
int lineage_config_as_made(
	struct shale_store *store, struct lineage *lineage, char **ret, struct shale_error *err);

static inline void cleanup_lineage(struct lineage *lineage)
{
	lineage_free(lineage);
}
#define auto_lineage __attribute__((cleanup(cleanup_lineage)))
