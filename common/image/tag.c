/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/image/config.h"
#include "common/image/lineage.h"
#include "common/image/name.h"
#include "common/image/record.h"
#include "common/store/foreign.h"

static int make_record(
	const struct shale_lineage *lineage, struct shale_record *record, struct shale_error *err)
{
	int r = shale_record_set_manifest(record, lineage->manifest);

	for (size_t i = 0; i < lineage->roots.n && r == 0; i++)
		r = shale_record_add_layer(record, shale_lineage_id(lineage, i));
	if (r == 0)
		r = shale_digest_of(record->config, strlen(record->config), record->digest);
	record->annotations = json_incref(lineage->annotations);
	record->created = shale_config_created(lineage->config, shale_config_now());
	return r < 0 ? shale_fail(err, r, "make record") : 0;
}

static int tag(struct shale_store *store, struct shale_lineage *lineage, const char *name,
	struct shale_error *err)
{
	auto_record struct shale_record record = { .name = strdup(name) };
	int r = record.name ? shale_lineage_config_as_made(store, lineage, &record.config, err)
			    : shale_fail(err, -ENOMEM, "make record");

	if (r == 0)
		r = make_record(lineage, &record, err);
	return r < 0 ? r : shale_record_save(store, &record, err);
}

int shale_image_tag(
	struct shale_store *store, const char *what, const char *name, struct shale_error *err)
{
	auto_lineage struct shale_lineage lineage = { .n_inherited = 0 };
	int r = shale_foreign_refuse(store, err);

	if (r == 0)
		r = shale_image_name_check(name, err);
	if (r == 0)
		r = shale_lineage_find(store, what, &lineage, err);
	if (r == 0)
		r = tag(store, &lineage, name, err);
	return r < 0 ? shale_fail(err, r, "tag '%s'", what) : 0;
}
