/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adopts layers of another engine (adopted.h). */
#pragma once

#include "common/shale.h"
#include "common/store/id.h"

/* Adopts the layer in the directory PATH of another engine, and the layers below it, unless they
 * are adopted already. RET_ID is the layer's id here: the engine's id; if another layer has it,
 * followed by more characters. The caller holds a lock on images/.lock, because gc may remove
 * adopted layers that nothing uses. Returns -EBUSY if PATH is the writable layer of a container. */
int adopt_layer(struct shale_store *store, const char *path, char ret_id[ID_MAX + 1],
	struct shale_error *err);
