/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/renamed_record.h"

#include "common/base/scope.h"
#include "common/store/files/jsonfile.h"
#include "common/store/files/timestamp.h"

#include <errno.h>
#include <string.h>

#define AS     "frozen-as"
#define FROZEN "frozen"

int renamed_record_prepare(json_t *record, const char *new_id, json_t *frozen)
{
	int r = json_object_set_new(record, AS, json_string(new_id));

	return r < 0 || json_object_set(record, FROZEN, frozen) < 0 ? -ENOMEM : 0;
}

void renamed_record_forget(json_t *record)
{
	json_object_del(record, AS);
	json_object_del(record, FROZEN);
}

json_t *renamed_record_make(const struct layer *layer, const char *new_id)
{
	auto_json json_t *record = json_deep_copy(layer->record);
	char now[TIMESTAMP_SIZE];
	int r = record ? 0 : -ENOMEM;

	timestamp_now(now);
	renamed_record_forget(record);
	json_object_del(record, "size");
	json_object_del(record, "entries");
	if (r == 0)
		r = json_object_set_new(record, "kind", json_string("layer"));
	if (r == 0)
		r = json_object_set_new(record, "created", json_string(now));
	if (r == 0 && strcmp(new_id, layer->id) != 0)
		r = json_object_set_new(record, "committed-from", json_string(layer->id));
	return r == 0 ? steal_ptr(&record) : NULL;
}

bool renamed_record_take(struct layer *layer)
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
