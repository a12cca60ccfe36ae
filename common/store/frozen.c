/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/frozen.h"

#include <errno.h>
#include <string.h>

#define AS     "frozen-as"
#define FROZEN "frozen"

int frozen_prepare(json_t *record, const char *new_id, json_t *frozen)
{
	int r = json_object_set_new(record, AS, json_string(new_id));

	return r < 0 || json_object_set(record, FROZEN, frozen) < 0 ? -ENOMEM : 0;
}

void frozen_forget(json_t *record)
{
	json_object_del(record, AS);
	json_object_del(record, FROZEN);
}

bool frozen_take(struct layer *layer)
{
	json_t *frozen = json_object_get(layer->record, FROZEN);

	if (!json_is_object(frozen))
		return false;
	if (!strcmp(layer_field(layer, AS), layer->id)) {
		json_incref(frozen);
		json_decref(layer->record);
		layer->record = frozen;
	}
	return true;
}
