/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer being made in staging/: complete first, then one rename brings it into being. */
#pragma once

#include "common/store/layer.h"
#include "common/store/staging.h"

struct shale_draft {
	struct shale_staging staging;
	int dir;  /* "layer" in the staging directory: what HOME/ID will be */
	int diff; /* its diff/, to be filled */
	char id[SHALE_ID_MAX + 1];
	char link[SHALE_SHORT_LEN + 1];
	char parent[SHALE_ID_MAX + 1]; /* "" without one */
	char parent_link[SHALE_SHORT_LEN + 1];
	json_t *record; /* becomes layer.json: fields may be added until it is published */
	bool filled;    /* diff/ holds more than nothing: sync it all */
};

#define SHALE_DRAFT_NONE                                                                           \
	((struct shale_draft){ .staging = SHALE_STAGING_NONE, .dir = -1, .diff = -1 })

/* Begins the layer ID of KIND ("layer", "rw") on PARENT (NULL or "": none). -EEXIST, -ENOENT,
 * -EBUSY, -EINVAL as shale_layer_create. */
int shale_draft_begin(const struct shale_store *store, const char *id, const char *kind,
	const char *parent, struct shale_draft *ret, struct shale_error *err);
/* Begins another content for LAYER: name, link, parent and record stay. */
int shale_draft_begin_replacement(const struct shale_store *store, const struct shale_layer *layer,
	struct shale_draft *ret, struct shale_error *err);
/* Gives up what has not been published. */
void shale_draft_end(struct shale_draft *draft);
#define auto_draft __attribute__((cleanup(shale_draft_end)))

/* Makes the draft a layer of the store, durably; its parent is immutable from then on. */
int shale_draft_publish(
	const struct shale_store *store, struct shale_draft *draft, struct shale_error *err);
/* 0, or -EBUSY with words while LAYER's content must stay: it is mounted, has had children, or
 * belongs to an image. */
int shale_draft_may_replace(
	const struct shale_store *store, const struct shale_layer *layer, struct shale_error *err);
/* Puts the draft in the place of LAYER, which may be replaced (see above) and must be the one that
 * the draft was begun for. */
int shale_draft_replace(const struct shale_store *store, struct shale_draft *draft,
	const struct shale_layer *layer, struct shale_error *err);
