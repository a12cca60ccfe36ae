/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer that is being made in staging/. It is completed there first, and one rename puts it
 * into the store. */
#pragma once

#include "common/store/layer.h"
#include "common/store/staging.h"

struct draft {
	struct staging staging;
	int dir;  /* the directory "layer" in staging/NAME, which becomes HOME/ID */
	int diff; /* the draft's diff/, which the caller fills */
	char id[ID_MAX + 1];
	char link[SHORT_LEN + 1];
	char parent[ID_MAX + 1]; /* the parent's id; "" without a parent */
	char parent_link[SHORT_LEN + 1];
	json_t *record;   /* becomes layer.json: fields may be added until the draft is published */
	const char *hold; /* a hold that does not keep the layer from being replaced; NULL: every
			     hold does */
	bool filled;      /* diff/ is not empty: sync all of it */
};

#define DRAFT_NONE ((struct draft){ .staging = STAGING_NONE, .dir = -1, .diff = -1 })

/* Begins the layer ID on PARENT (NULL or "": no parent). KIND is "layer" (immutable) or "rw"
 * (writable). Returns the errors of shale_layer_create: -EEXIST, -ENOENT, -EBUSY, -EINVAL. */
int draft_begin(const struct shale_store *store, const char *id, const char *kind,
	const char *parent, struct draft *ret, struct shale_error *err);
/* Begins the immutable layer ID on the draft PARENT. PARENT has all its files, but need not be
 * published yet; it must be published before the new draft. No other thread may change PARENT's
 * record meanwhile. */
int draft_begin_on_draft(const struct shale_store *store, const char *id,
	const struct draft *parent, struct draft *ret, struct shale_error *err);
/* Begins new content for LAYER, which keeps its name, link, parent and record. */
int draft_begin_replacement(const struct shale_store *store, const struct layer *layer,
	struct draft *ret, struct shale_error *err);
/* Removes a draft that has not been published. */
void draft_end(struct draft *draft);
#define auto_draft __attribute__((cleanup(draft_end)))

/* Writes the record and all files of the draft to the disk. For a caller that renames the draft
 * itself. */
int draft_write(const struct shale_store *store, struct draft *draft, struct shale_error *err);
/* Makes the draft a layer of the store, durably. Its parent is immutable from then on. */
int draft_publish(const struct shale_store *store, struct draft *draft, struct shale_error *err);
/* Returns 0 if LAYER may be replaced, else -EBUSY with words: the layer is mounted, has had
 * children, belongs to an image, or has a hold other than HOLD (may be NULL). */
int draft_may_replace(const struct shale_store *store, const struct layer *layer, const char *hold,
	struct shale_error *err);
/* Replaces LAYER by the draft, which was begun for LAYER. Call draft_may_replace first. */
int draft_replace(const struct shale_store *store, struct draft *draft, const struct layer *layer,
	struct shale_error *err);
