/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* layer.json of a layer that is being renamed to become immutable (SHALE_COMMIT_MOVE). It holds
 * the record for the new name as well, and the rename makes that record the valid one. */
#pragma once

#include "common/store/layer_fields.h"

/* A copy of LAYER's record for the immutable layer NEW_ID of the same files, the caller's; NULL on
 * an error. It does not count the layer's size: commands that show it count it then. */
json_t *renamed_record_make(const struct layer *layer, const char *new_id);
/* Puts FROZEN, the record for the name NEW_ID, into RECORD. */
int renamed_record_prepare(json_t *record, const char *new_id, json_t *frozen);
/* Removes the record for the new name from RECORD. */
void renamed_record_forget(json_t *record);
/* Makes LAYER's record the one for the name that the layer has. Returns true if a rename had
 * been prepared: the layer's link may then be lost. */
bool renamed_record_take(struct layer *layer);
