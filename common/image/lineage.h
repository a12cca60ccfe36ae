/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer to be exported, its ancestors, and the config of the image that it was made from. */
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
	json_t *tags;             /* other names of the image at its import; NULL: none */
	/* Text of the config of the nearest image below; NULL: there is no such image, or the
	 * config was changed. */
	char *config_text;
	json_t *config;      /* CONFIG_TEXT, parsed and perhaps changed; or a new config */
	json_t *annotations; /* annotations in the manifest of that image; NULL: none */
	char *manifest;      /* the manifest of that image as it was imported; NULL: not known */
	size_t n_inherited;  /* how many of the layers, counted from the base, that image has */
	/* for the newest history entry; may be NULL; the caller owns them */
	const char *author, *message;
};

/* The author and message for the image's history, in layer.json. */
#define FIELD_AUTHOR  "author"
#define FIELD_MESSAGE "message"

/* Finds the lineage of WHAT, an image's name or a layer's id. Returns -ENOENT if there is neither.
 * Returns -EINVAL if it is not known from which image the layer was made, and several images with
 * different configs have its layers. */
int lineage_find(
	struct shale_store *store, const char *what, struct lineage *ret, struct shale_error *err);
/* Finds the lineage of layer ID. */
int lineage_find_layer(
	struct shale_store *store, const char *id, struct lineage *ret, struct shale_error *err);
/* Changes the config as OPTIONS say; NULL: not at all. LINEAGE keeps a pointer to OPTIONS. */
int lineage_change(struct lineage *lineage, const struct shale_config_options *options,
	struct shale_error *err);
void lineage_free(struct lineage *lineage);

/* Returns the id of layer I, counted from the base. */
const char *lineage_id(const struct lineage *lineage, size_t i);

/* Makes the config for layers whose tars have DIFF_IDS, base first. If the imported config has
 * exactly these diff ids, returns its text unchanged. Otherwise puts them in, and adds a history
 * entry for each layer above the imported ones. The caller frees *RET. */
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
