/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/image_config.h"
#include "common/image/lineage.h"
#include "common/image/image_name.h"
#include "common/image/record.h"
#include "common/store/foreign/foreign.h"

static int make_record(
	const struct lineage *lineage, struct record *record, struct shale_error *err)
{
	int r = record_set_manifest(record, lineage->manifest);

	for (size_t i = 0; i < lineage->roots.n && r == 0; i++)
		r = record_add_layer(record, lineage_id(lineage, i));
	if (r == 0)
		r = digest_of(record->config, strlen(record->config), record->digest);
	record->annotations = json_incref(lineage->annotations);
	record->created = config_created(lineage->config, config_now());
	return r < 0 ? error_fail(err, r, "make record") : 0;
}

static int tag(struct shale_store *store, struct lineage *lineage, const char *name,
	struct shale_error *err)
{
	auto_record struct record record = { .name = strdup(name) };
	int r = record.name ? lineage_config_as_made(store, lineage, &record.config, err)
			    : error_fail(err, -ENOMEM, "make record");

	if (r == 0)
		r = make_record(lineage, &record, err);
	return r < 0 ? r : record_save(store, &record, err);
}

int shale_image_tag(
	struct shale_store *store, const char *what, const char *name, struct shale_error *err)
{
	auto_lineage struct lineage lineage = { .n_inherited = 0 };
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = image_name_check(name, err);
	if (r == 0)
		r = lineage_find(store, what, &lineage, err);
	if (r == 0)
		r = tag(store, &lineage, name, err);
	return r < 0 ? error_fail(err, r, "tag '%s'", what) : 0;
}
