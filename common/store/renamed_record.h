/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* While a layer is renamed to become immutable (SHALE_COMMIT_MOVE), its layer.json holds two
 * records: that for the old name, and that for the new one. Which one is valid depends on the
 * directory's name, so the rename switches between them. */
#pragma once

#include "common/store/layer_fields.h"

/* Returns a copy of LAYER's record for the immutable layer NEW_ID, which has the same files. The
 * caller owns it; NULL: an error. It has no size: commands that show the size count it. */
json_t *renamed_record_make(const struct layer *layer, const char *new_id);
/* Puts FROZEN, the record for the name NEW_ID, into RECORD. */
int renamed_record_prepare(json_t *record, const char *new_id, json_t *frozen);
/* Removes the record for the new name from RECORD. */
void renamed_record_forget(json_t *record);
/* Makes the record valid that belongs to LAYER's present name. Returns true if a rename had begun:
 * then the layer's link may be lost. */
bool renamed_record_take(struct layer *layer);
