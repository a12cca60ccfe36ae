/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/layer_fields.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void layer_close(struct layer *layer)
{
	int saved = errno;

	if (layer->dir >= 0)
		close(layer->dir);
	free(layer->lowers);
	free(layer->lower_text);
	json_decref(layer->record);
	*layer = LAYER_NONE;
	errno = saved;
}

bool layer_is_immutable(const struct layer *layer)
{
	return layer->committed || !layer->rw;
}

const char *layer_field(const struct layer *layer, const char *key)
{
	const char *value = json_string_value(json_object_get(layer->record, key));

	return value ? value : "";
}

const char *layer_parent(const struct layer *layer)
{
	return layer_field(layer, "parent");
}
