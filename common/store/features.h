/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Features of a layer beyond files, whiteouts and opaque marks, which not every backend can follow
 * everywhere. layer.json says it of the layer itself ("features") and of those below it
 * ("features-below", which may say too much once one of them was converted). A writable layer has
 * the features that its mounts make.
 */
#pragma once

#include "common/store/layer_fields.h"

enum feature_bit {
	FEATURE_REDIRECT = 1, /* directories that were renamed and are still merged */
	FEATURE_METACOPY = 2, /* files whose data are in a layer below */
	FEATURE_AUFS = 4,     /* whiteouts called .wh.NAME, of layers of another engine */
};

unsigned int features_own(const struct layer *layer);
/* Of LAYER and those below it: what may be there. */
unsigned int features_any(const struct layer *layer);
/* The features below LAYER as its layer.json claims them: perhaps too many. */
unsigned int features_claimed_below(const struct layer *layer);

/* Writes FEATURES into RECORD; without any the key goes. */
int features_set_own(json_t *record, unsigned int features);
int features_set_below(json_t *record, unsigned int features);
/* Says in the RECORD of a new layer on PARENT what is below it. A writable one over metacopies
 * makes some too: the kernel follows them only where it may. */
int features_inherit(json_t *record, const struct layer *parent, bool rw);
