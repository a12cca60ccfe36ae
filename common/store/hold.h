/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds: what a program notes of a layer, in its layer.json, and why the layer must stay. */
#pragma once

#include "common/store/layer_fields.h"

/* DATA NULL: none any more. -EINVAL: not UTF-8. */
int hold_set(json_t *record, const char *name, const char *data);
/* -EBUSY, naming them, if anybody but EXCEPT (may be NULL) holds the layer. */
int hold_must_be_none(const struct layer *layer, const char *except, struct shale_error *err);
/* The same, of what its layer.json says now; the layer's lock must be held. */
int hold_must_be_none_now(const struct layer *layer, struct shale_error *err);
