/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/size_limit.h"

#include <errno.h>

#define KEY "size-limit"

uint64_t size_limit_of(const struct layer *layer)
{
	json_int_t bytes = json_integer_value(json_object_get(layer->record, KEY));

	return bytes > 0 && !layer_is_immutable(layer) ? (uint64_t)bytes : 0;
}

int size_limit_set(json_t *record, uint64_t bytes)
{
	return json_object_set_new(record, KEY, json_integer((json_int_t)bytes)) < 0 ? -ENOMEM : 0;
}
