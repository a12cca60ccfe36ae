/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer that is being made in staging/. It is completed there first, and one rename puts it
 * into the store. */
#pragma once

#include "common/store/layer.h"
#include "common/store/staging.h"

struct draft {
	struct staging staging;
	int dir;  /* "layer" in the staging directory, which becomes HOME/ID */
	int diff; /* its diff/, to be filled */
	char id[ID_MAX + 1];
	char link[SHORT_LEN + 1];
	char parent[ID_MAX + 1]; /* the parent's id; "" without a parent */
	char parent_link[SHORT_LEN + 1];
	json_t *record;   /* becomes layer.json: fields may be added until the draft is published */
	const char *hold; /* a hold to ignore when the layer is replaced; NULL: heed all holds */
	bool filled;      /* diff/ is not empty: sync all of it */
};

#define DRAFT_NONE ((struct draft){ .staging = STAGING_NONE, .dir = -1, .diff = -1 })

/* Begins the layer ID of KIND ("layer", "rw") on PARENT (NULL or "": none). Returns the errors
 * of shale_layer_create: -EEXIST, -ENOENT, -EBUSY, -EINVAL. */
int draft_begin(const struct shale_store *store, const char *id, const char *kind,
	const char *parent, struct draft *ret, struct shale_error *err);
/* Begins the immutable layer ID on PARENT, a draft that has its whole tree, but may not be
 * published yet. PARENT must be published before the new draft is. No other thread may change
 * PARENT's record meanwhile. */
int draft_begin_on_draft(const struct shale_store *store, const char *id,
	const struct draft *parent, struct draft *ret, struct shale_error *err);
/* Begins new content for LAYER, which keeps its name, link, parent and record. */
int draft_begin_replacement(const struct shale_store *store, const struct layer *layer,
	struct draft *ret, struct shale_error *err);
/* Removes a draft that has not been published. */
void draft_end(struct draft *draft);
#define auto_draft __attribute__((cleanup(draft_end)))

/* Writes the record and all files of the draft to the disk, for a caller that renames it itself. */
int draft_write(const struct shale_store *store, struct draft *draft, struct shale_error *err);
/* Makes the draft a layer of the store, durably. Its parent is immutable from then on. */
int draft_publish(const struct shale_store *store, struct draft *draft, struct shale_error *err);
/* Returns 0 if LAYER may be replaced, else -EBUSY with words: the layer is mounted, has had
 * children, belongs to an image, or has a hold other than HOLD (may be NULL). */
int draft_may_replace(const struct shale_store *store, const struct layer *layer, const char *hold,
	struct shale_error *err);
/* Replaces LAYER by the draft. The caller has asked draft_may_replace, and began the draft for
 * LAYER. */
int draft_replace(const struct shale_store *store, struct draft *draft, const struct layer *layer,
	struct shale_error *err);
