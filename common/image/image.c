/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"
#include "common/image/lineage.h"
#include "common/image/image_usage.h"
#include "common/image/image_name.h"
#include "common/image/record.h"
#include "common/shale.h"
#include "common/store/foreign/foreign.h"
#include "common/store/store.h"
#include "common/store/files/timestamp.h"

int shale_image_remove(struct shale_store *store, const char *name, struct shale_error *err)
{
	int refused = foreign_refuse(store, err);

	if (refused < 0)
		return refused;
	auto_free char *file = image_name_encode(name);
	int r = file ? 0 : -ENOMEM;

	if (r == 0)
		r = sys(unlinkat(store_images(store), file, 0));
	if (r == -ENOENT)
		return error_fail_plain(err, r, "no image '%.600s'", name);
	if (r == 0)
		r = sys(fsync(store_images(store)));
	return r < 0 ? error_fail(err, r, "remove image '%s'", name) : 0;
}

static int tell_fields(const struct record *record, uint64_t bytes, shale_pair_fn *fn, void *arg)
{
	char created[TIMESTAMP_SIZE], layers[24], size[24];

	timestamp_of(record->created, created);
	snprintf(layers, sizeof(layers), "%zu", record->n_layers);
	snprintf(size, sizeof(size), "%" PRIu64, bytes);
	const struct {
		const char *key, *value;
	} fields[] = { { "Id", record->digest }, { "Name", record->name }, { "Created", created },
		{ "Layers", layers }, { "Size", size }, { "Top", record_top(record) },
		{ "Config", record->config } };
	int r = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields) && r == 0; i++)
		r = fn(fields[i].key, fields[i].value, arg);
	return r;
}

int shale_image_metadata(struct shale_store *store, const char *name, shale_pair_fn *fn, void *arg,
	struct shale_error *err)
{
	auto_record struct record record = { 0 };
	uint64_t bytes = 0;
	int r = record_find(store, name, &record, err);

	for (size_t i = 0; i < record.n_layers && r == 0; i++) {
		uint64_t more = 0;
		r = image_layer_bytes(store, record.layers[i], &more, err);
		bytes += more;
	}
	return r < 0 ? r : tell_fields(&record, bytes, fn, arg);
}

int shale_image_config(
	struct shale_store *store, const char *what, char **ret, struct shale_error *err)
{
	auto_lineage struct lineage lineage = { .n_inherited = 0 };
	int r = lineage_find(store, what, &lineage, err);
	/* Print the parsed document instead of its original text: the original may be something
	 * that only a lenient reader accepts. */
	char *text = r < 0 ? NULL : document_print(lineage.config);

	if (r == 0 && !text)
		r = error_fail(err, -ENOMEM, "make config");
	if (r < 0)
		return error_fail(err, r, "config of '%s'", what);
	*ret = text;
	return 0;
}
