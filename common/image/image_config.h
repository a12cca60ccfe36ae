/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Image configs (OCI image-spec, config.md): the list of layers, and their history. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <jansson.h>

#include "common/archive/digest.h"
#include "common/image/platform.h"
#include "common/shale.h"

/* Reads rootfs.diff_ids, base first. The caller frees *RET. */
int config_diff_ids(
	const json_t *config, char (**ret)[DIGEST_SIZE], size_t *ret_n, struct shale_error *err);

/* Computes the chain id, 64 digits, of a layer. DIFF_ID is its own digest, PARENT the chain id of
 * its parent (NULL: none). A chain id names a layer by its own content and that of all layers below
 * it (config.md, "Layer ChainID"). */
int config_chain_id(const char *parent, const char *diff_id, char ret[DIGEST_SIZE]);

/* Makes a config without layers for PLATFORM (NULL: this machine), created at CREATED. NULL without
 * memory. */
json_t *config_new(time_t created, const struct platform *platform);
/* Returns the value of KEY, which OBJECT keeps. If OBJECT has none of TYPE (array or object), makes
 * an empty one. Returns NULL without memory. */
json_t *config_need(json_t *object, const char *key, json_type type);
/* Adds a layer with DIFF_ID on top. The caller must also add a history entry. */
int config_add_layer(json_t *config, const char *diff_id);
/* One entry of "history". */
struct history_entry {
	time_t created;
	const char *created_by;
	/* NULL: not given; the author also becomes the author of the image */
	const char *author, *comment;
	bool empty_layer; /* the step changed only the config */
};
int config_add_history(json_t *config, const struct history_entry *entry);
/* Replaces the first N diff ids by DIFF_IDS; the config has at least N. */
int config_set_diff_ids(json_t *config, const char (*diff_ids)[DIGEST_SIZE], size_t n);
/* Makes the history list as many layers as the config has. Adds entries without text for missing
 * ones. */
int config_mend_history(json_t *config);

/* Reads "created" as seconds since 1970. Returns FALLBACK if it is missing, or no RFC 3339 time. */
int64_t config_created(const json_t *config, int64_t fallback);
int config_set_created(json_t *config, time_t created);
/* Returns the present time, or SOURCE_DATE_EPOCH if the environment has it. */
time_t config_now(void);
