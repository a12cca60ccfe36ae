/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Features of a layer that not every backend can follow everywhere. layer.json lists those of the
 * layer itself ("features") and those of the layers below it ("features-below", which may list too
 * many after one of them was converted). A writable layer has the features that its mounts make.
 */
#pragma once

#include "common/store/layer_fields.h"

enum feature_bit {
	/* renamed directories that are merged with lower ones (redirect xattr) */
	FEATURE_REDIRECT = 1,
	FEATURE_METACOPY = 2, /* files whose data are in a layer below (metacopy xattr) */
	FEATURE_AUFS = 4,     /* aufs whiteouts (".wh.NAME"), in layers of another engine */
};

unsigned int features_own(const struct layer *layer);
/* Returns the features that LAYER and the layers below it may have. */
unsigned int features_any(const struct layer *layer);
/* Returns the features that LAYER's layer.json lists for the layers below it. The list may be too
 * long: a layer below may have been converted since. */
unsigned int features_claimed_below(const struct layer *layer);

/* Writes FEATURES into RECORD; removes the key if there are none. */
int features_set_own(json_t *record, unsigned int features);
int features_set_below(json_t *record, unsigned int features);
/* Notes the features of PARENT and the layers below it in the RECORD of a new layer. If one of them
 * is FEATURE_METACOPY, a writable layer gets FEATURE_METACOPY itself: the kernel follows metacopies
 * only in a mount that may also make them. */
int features_inherit(json_t *record, const struct layer *parent, bool rw);
