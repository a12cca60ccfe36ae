/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/frozen.h"

#include "common/base/scope.h"
#include "common/store/link.h"
#include "common/store/files/lock.h"
#include "common/store/private.h"

#include <string.h>
#include <sys/file.h>

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

void frozen_mend_link(const struct shale_store *store, const struct layer *layer)
{
	char id[ID_MAX + 1];

	if (store->locks < 0 || link_read(store, layer->link, id) != -ENOENT)
		return;
	auto_close int lock = lock_take(store->locks, layer->id, LOCK_EX | LOCK_NB);
	if (lock >= 0 && layer_still_there(store, layer, NULL) == 0)
		(void)link_make(store, layer->link, layer->id);
}
