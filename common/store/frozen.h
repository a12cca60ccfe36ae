/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* layer.json of a layer that is being renamed to be immutable (SHALE_COMMIT_MOVE): what it
 * says under the new name lies ready in it, and the rename makes it true. */
#pragma once

#include "common/store/layer_fields.h"

/* RECORD says that under the name NEW_ID it is FROZEN. */
int frozen_prepare(json_t *record, const char *new_id, json_t *frozen);
/* Takes out of RECORD what was prepared. */
void frozen_forget(json_t *record);
/* LAYER's record becomes the one for its name. Whether a rename had been prepared: its link may be
 * lost then. */
bool frozen_take(struct layer *layer);
