/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds: a program's notes on a layer, kept in layer.json, which say why the layer must stay. */
#pragma once

#include "common/store/layer_fields.h"

/* Sets the hold NAME in RECORD; DATA NULL removes it. Returns -EINVAL if DATA is not UTF-8. */
int hold_set(json_t *record, const char *name, const char *data);
/* Returns -EBUSY, and names the holds, if the layer has a hold other than EXCEPT (may be NULL). */
int hold_must_be_none(const struct layer *layer, const char *except, struct shale_error *err);
/* Checks the holds like hold_must_be_none, but reads layer.json again first. The caller holds the
 * layer's lock. */
int hold_must_be_none_now(const struct layer *layer, const char *except, struct shale_error *err);
