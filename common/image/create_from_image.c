/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/base/scope.h"
#include "common/image/record.h"
#include "common/store/store.h"

static int keep_record(int dir, json_t *layer, void *arg, struct shale_error *err)
{
	const struct record *record = arg;

	return record->name ? record_write_of_layer(dir, record, err) : 0;
}

/* Finds the image PARENT. If there is no such image, RET's name is NULL. */
static int find_image(
	struct shale_store *store, const char *parent, struct record *ret, struct shale_error *err)
{
	int r = record_find(store, parent, ret, err);

	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	if (r < 0 || !strcmp(parent, record_top(ret)))
		return r;
	r = shale_layer_exists(store, parent, NULL);
	if (r <= 0)
		return 0;
	error_fail_plain(err, -EINVAL, "parent '%s' is both an image and another layer", parent);
	return error_remedy(
		err, -EINVAL, "give the layer %s for the image's files", record_top(ret));
}

int shale_layer_create(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, struct shale_error *err)
{
	auto_record struct record image = { 0 };
	const struct layer_extra extra = { keep_record, &image };
	struct shale_layer_options mine;
	int r = option_struct_take(&mine, sizeof(mine), options, "create layer", err);

	if (r == 0)
		r = option_flags_check(mine.flags, SHALE_CREATE_RW, "create layer", err);
	if (r == 0 && mine.parent && *mine.parent && *mine.parent != '/')
		r = find_image(store, mine.parent, &image, err);
	if (r < 0)
		return r;
	if (image.name)
		mine.parent = record_top(&image);
	return store_create_layer(store, id, &mine, &extra, err);
}
