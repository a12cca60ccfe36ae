/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Features of a layer that not every backend can follow everywhere. layer.json lists those of the
 * layer itself ("features") and those of the layers below it ("features-below", which may list too
 * many after one of them was converted). A writable layer has the features that its mounts make.
 */
#pragma once

#include "common/store/layer_fields.h"

enum feature_bit {
	FEATURE_REDIRECT = 1, /* directories that were renamed and are still merged */
	FEATURE_METACOPY = 2, /* files whose data are in a layer below */
	FEATURE_AUFS = 4,     /* whiteouts called .wh.NAME, of layers of another engine */
};

unsigned int features_own(const struct layer *layer);
/* Returns the features that LAYER and the layers below it may have. */
unsigned int features_any(const struct layer *layer);
/* Returns the features that LAYER's layer.json states for the layers below it, which may be too
 * many. */
unsigned int features_claimed_below(const struct layer *layer);

/* Writes FEATURES into RECORD; removes the key if there are none. */
int features_set_own(json_t *record, unsigned int features);
int features_set_below(json_t *record, unsigned int features);
/* Notes in the RECORD of a new layer on PARENT the features of the layers below. If they have
 * metacopies, a writable layer gets FEATURE_METACOPY itself: the kernel follows metacopies only
 * in a mount that may make them. */
int features_inherit(json_t *record, const struct layer *parent, bool rw);
