/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One opened layer of the store: its directory HOME/ID, and the content of its small files. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/store/id.h"

/* The kernel mounts at most this many lower layers (OVL_MAX_STACK); shale-fuse, too, by MOST_LAYERS
 * in fuse/merge/state.h. */
#define LOWERS_MAX 500

struct layer {
	int dir; /* HOME/ID, opened for reading; -1: none */
	char id[ID_MAX + 1];
	char link[SHORT_LEN + 1];
	char *lower_text;    /* the file "lower", which LOWERS points into */
	const char **lowers; /* "l/SHORT", nearest parent first */
	size_t n_lowers;
	bool committed;
	bool rw;
	bool moving;    /* its rename has begun: see frozen.h */
	json_t *record; /* layer.json */
};

#define LAYER_NONE ((struct layer){ .dir = -1 })

void layer_close(struct layer *layer);
#define auto_layer __attribute__((cleanup(layer_close)))

/* True if its content never changes any more: it was made complete, or has children. */
bool layer_is_immutable(const struct layer *layer);
/* A string of the record; "" where it is not set. */
const char *layer_field(const struct layer *layer, const char *key);
/* The id of the direct parent, or "". */
const char *layer_parent(const struct layer *layer);
