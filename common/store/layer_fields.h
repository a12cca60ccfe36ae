/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One opened layer of the store: its directory HOME/ID, and the content of its small files. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/store/id.h"

/* The most lower layers of a mount: the kernel's limit (OVL_MAX_STACK), and shale-fuse's
 * (MOST_LAYERS in fuse/merge/state.h). */
#define LOWERS_MAX 500

struct layer {
	int dir; /* HOME/ID, opened for reading; -1: not open */
	char id[ID_MAX + 1];
	char link[SHORT_LEN + 1];
	char *lower_text;    /* the content of the file "lower", which LOWERS points into */
	const char **lowers; /* "l/SHORT" of each lower layer, nearest parent first */
	size_t n_lowers;
	bool committed;
	bool rw;
	bool moving;    /* a commit by rename has begun: see renamed_record.h */
	json_t *record; /* layer.json */
};

#define LAYER_NONE ((struct layer){ .dir = -1 })

void layer_close(struct layer *layer);
#define auto_layer __attribute__((cleanup(layer_close)))

/* Tells whether the layer's content never changes any more, because it was made complete or has
 * children. */
bool layer_is_immutable(const struct layer *layer);
/* Returns a string of the record; "" if it is not set. */
const char *layer_field(const struct layer *layer, const char *key);
/* Returns the id of the direct parent, or "". */
const char *layer_parent(const struct layer *layer);
