/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Image configs (OCI image-spec, config.md): which layers there are, and how they came to be. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <jansson.h>

#include "common/archive/digest.h"
#include "common/image/platform.h"
#include "common/shale.h"

/* rootfs.diff_ids, base first: *RET is the caller's to free. */
int config_diff_ids(
	const json_t *config, char (**ret)[DIGEST_SIZE], size_t *ret_n, struct shale_error *err);

/* The chain id of a layer with DIFF_ID on top of the layer PARENT, or of none (NULL), as 64 digits:
 * what names a layer by all that is in it and below it (config.md, "Layer ChainID"). */
int config_chain_id(const char *parent, const char *diff_id, char ret[DIGEST_SIZE]);

/* A config for PLATFORM (NULL: this machine) without layers, created at CREATED: NULL without
 * memory. */
json_t *config_new(time_t created, const struct platform *platform);
/* The value of KEY in OBJECT, made where there is none of that TYPE (array or object): borrowed;
 * NULL without memory. */
json_t *config_need(json_t *object, const char *key, json_type type);
/* Puts layer DIFF_ID on top of all others; its history entry is to be added, too. */
int config_add_layer(json_t *config, const char *diff_id);
/* One entry of "history". */
struct history_entry {
	time_t created;
	const char *created_by;
	const char *author, *comment; /* NULL: not said. The author becomes the image's, too. */
	bool empty_layer;             /* tells of a change to the config alone */
};
int config_add_history(json_t *config, const struct history_entry *entry);
/* Puts DIFF_IDS in the place of the first N; the config has at least N. */
int config_set_diff_ids(json_t *config, const char (*diff_ids)[DIGEST_SIZE], size_t n);
/* Makes history tell of exactly as many layers as there are: where it does not, entries without
 * words stand in. */
int config_mend_history(json_t *config);

/* "created", in seconds since 1970; FALLBACK if it is not said, or no RFC 3339 time. */
int64_t config_created(const json_t *config, int64_t fallback);
int config_set_created(json_t *config, time_t created);
/* Now, or SOURCE_DATE_EPOCH where the environment sets it. */
time_t config_now(void);
