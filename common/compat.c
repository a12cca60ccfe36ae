/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For programs that were compiled with version 0.1 of shale.h: functions whose arguments or names
 * have changed since. No header declares them; shale.map exports them. An asm label gives each its
 * old symbol, since the C name belongs to the new function. */
#include "common/base/option_struct.h"
#include "common/base/scope.h"
#include "common/shale.h"

#include <stdbool.h>
#include <stdio.h>

#define OLD(name) __asm__(#name)

/* ---- the store ---- */

SHALE_API int old_cleanup(struct shale_store *store, shale_pair_fn *fn, void *arg,
	struct shale_error *err) OLD(shale_store_cleanup);
int old_cleanup(struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	return shale_store_cleanup(store, NULL, fn, arg, err);
}

struct pair_listener {
	shale_pair_fn *fn;
	void *arg;
};

static int tell_pair(const struct shale_problem *problem, void *arg)
{
	const struct pair_listener *listener = arg;
	const bool told = *problem->outcome;
	auto_free char *what = NULL;
	auto_free char *why = NULL;

	if (asprintf(&what, "%s %s", problem->kind, problem->name) < 0 ||
		asprintf(&why, "%s%s%s", problem->why, told ? "; " : "", problem->outcome) < 0)
		return -ENOMEM;
	return listener->fn(what, why, listener->arg);
}

SHALE_API int old_check(struct shale_store *store, shale_pair_fn *fn, void *arg,
	struct shale_error *err) OLD(shale_store_check);
int old_check(struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	struct pair_listener listener = { fn, arg };
	int r = shale_store_check(store, NULL, tell_pair, &listener, err);

	return r < 0 ? r : 0;
}

SHALE_API int old_repair(struct shale_store *store, shale_pair_fn *fn, void *arg,
	struct shale_error *err) OLD(shale_store_repair);
int old_repair(struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	const struct shale_check_options options = { .size = sizeof(options),
		.flags = SHALE_CHECK_REPAIR };
	struct pair_listener listener = { fn, arg };

	return shale_store_check(store, &options, tell_pair, &listener, err);
}

SHALE_API int old_gc(struct shale_store *store, int layers, shale_pair_fn *fn, void *arg,
	struct shale_error *err) OLD(shale_store_gc);
int old_gc(struct shale_store *store, int layers, shale_pair_fn *fn, void *arg,
	struct shale_error *err)
{
	const struct shale_gc_options options = { .size = sizeof(options),
		.flags = layers ? SHALE_GC_LAYERS : 0 };

	return shale_store_gc(store, &options, fn, arg, err);
}

/* ---- layers ---- */

SHALE_API int old_create_rw(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, struct shale_error *err)
	OLD(shale_layer_create_rw);
int old_create_rw(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, struct shale_error *err)
{
	struct shale_layer_options mine;
	int r = option_struct_take(&mine, sizeof(mine), options, "create layer", err);

	mine.flags |= SHALE_CREATE_RW;
	return r < 0 ? r : shale_layer_create(store, id, &mine, err);
}

SHALE_API int old_get(struct shale_store *store, const char *id, const char *label, char **ret_path,
	struct shale_error *err) OLD(shale_layer_get);
int old_get(struct shale_store *store, const char *id, const char *label, char **ret_path,
	struct shale_error *err)
{
	const struct shale_mount_options options = { .size = sizeof(options), .label = label };

	return shale_layer_get(store, id, &options, ret_path, err);
}

SHALE_API int old_get_with(struct shale_store *store, const char *id,
	const struct shale_mount_options *options, char **ret_path, struct shale_error *err)
	OLD(shale_layer_get_with);
int old_get_with(struct shale_store *store, const char *id,
	const struct shale_mount_options *options, char **ret_path, struct shale_error *err)
{
	return shale_layer_get(store, id, options, ret_path, err);
}

SHALE_API int old_put(struct shale_store *store, const char *id, struct shale_error *err)
	OLD(shale_layer_put);
int old_put(struct shale_store *store, const char *id, struct shale_error *err)
{
	return shale_layer_put(store, id, NULL, err);
}

SHALE_API int old_put_lazy(struct shale_store *store, const char *id, struct shale_error *err)
	OLD(shale_layer_put_lazy);
int old_put_lazy(struct shale_store *store, const char *id, struct shale_error *err)
{
	const struct shale_put_options options = { .size = sizeof(options),
		.flags = SHALE_PUT_LAZY };

	return shale_layer_put(store, id, &options, err);
}

SHALE_API int old_mount(struct shale_store *store, const char *id, const char *dir,
	struct shale_error *err) OLD(shale_layer_mount);
int old_mount(struct shale_store *store, const char *id, const char *dir, struct shale_error *err)
{
	return shale_layer_mount(store, id, dir, NULL, err);
}

SHALE_API int old_mount_with(struct shale_store *store, const char *id, const char *dir,
	const struct shale_mount_options *options, struct shale_error *err)
	OLD(shale_layer_mount_with);
int old_mount_with(struct shale_store *store, const char *id, const char *dir,
	const struct shale_mount_options *options, struct shale_error *err)
{
	return shale_layer_mount(store, id, dir, options, err);
}

SHALE_API int old_diff(struct shale_store *store, const char *id, const char *parent, int fd,
	struct shale_error *err) OLD(shale_layer_diff);
int old_diff(struct shale_store *store, const char *id, const char *parent, int fd,
	struct shale_error *err)
{
	const struct shale_diff_options options = { .size = sizeof(options), .parent = parent };

	return shale_layer_diff(store, id, &options, fd, err);
}

SHALE_API int old_diff_size(struct shale_store *store, const char *id, const char *parent,
	uint64_t *ret_bytes, struct shale_error *err) OLD(shale_layer_diff_size);
int old_diff_size(struct shale_store *store, const char *id, const char *parent,
	uint64_t *ret_bytes, struct shale_error *err)
{
	const struct shale_diff_options options = { .size = sizeof(options), .parent = parent };

	return shale_layer_diff_size(store, id, &options, ret_bytes, err);
}

SHALE_API int old_changes(struct shale_store *store, const char *id, const char *parent,
	shale_change_fn *fn, void *arg, struct shale_error *err) OLD(shale_layer_changes);
int old_changes(struct shale_store *store, const char *id, const char *parent, shale_change_fn *fn,
	void *arg, struct shale_error *err)
{
	const struct shale_diff_options options = { .size = sizeof(options), .parent = parent };

	return shale_layer_changes(store, id, &options, fn, arg, err);
}

SHALE_API int old_apply(struct shale_store *store, const char *id, int fd, uint64_t *ret_bytes,
	struct shale_error *err) OLD(shale_layer_apply_diff);
int old_apply(struct shale_store *store, const char *id, int fd, uint64_t *ret_bytes,
	struct shale_error *err)
{
	struct shale_apply_result *result;
	int r = shale_layer_apply(store, id, fd, NULL, &result, err);

	if (r < 0)
		return r;
	if (ret_bytes)
		*ret_bytes = result->bytes;
	free(result);
	return r;
}

SHALE_API int old_commit(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_config_options *config, struct shale_error *err) OLD(shale_layer_commit);
int old_commit(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_config_options *config, struct shale_error *err)
{
	const struct shale_commit_options options = { .size = sizeof(options), .config = config };

	return shale_layer_commit(store, id, new_id, &options, err);
}

SHALE_API int old_convert(struct shale_store *store, const char *id, struct shale_error *err)
	OLD(shale_layer_convert);
int old_convert(struct shale_store *store, const char *id, struct shale_error *err)
{
	return shale_layer_convert(store, id, NULL, err);
}

SHALE_API int old_remove(struct shale_store *store, const char *id, struct shale_error *err)
	OLD(shale_layer_remove);
int old_remove(struct shale_store *store, const char *id, struct shale_error *err)
{
	return shale_layer_remove(store, id, NULL, err);
}

/* ---- images ---- */

typedef void old_progress_fn(const char *what, uint64_t done, uint64_t total, void *arg);

struct old_image_options {
	size_t size;
	const char *name;
	old_progress_fn *progress;
	void *progress_arg;
	const struct shale_config_options *config;
	const char *platform;
	int all_tags;
	shale_pair_fn *imported;
	void *imported_arg;
	int keep_blobs;
};

/* Calls a progress function of version 0.1. Ignores its answer: in that version it could not cancel
 * a call. */
static int tell_progress(const char *what, uint64_t done, uint64_t total, void *arg)
{
	const struct old_image_options *old = arg;

	old->progress(what, done, total, old->progress_arg);
	return 0;
}

static int tell_imported(const char *name, const char *id, void *arg)
{
	const struct old_image_options *old = arg;

	old->imported(name, id, old->imported_arg);
	return 0;
}

SHALE_API int old_import(struct shale_store *store, const char *source,
	const struct old_image_options *options, char **ret_id, struct shale_error *err)
	OLD(shale_image_import);
int old_import(struct shale_store *store, const char *source,
	const struct old_image_options *options, char **ret_id, struct shale_error *err)
{
	struct old_image_options old;
	int r = option_struct_take(&old, sizeof(old), options, "import", err);

	if (r < 0)
		return r;
	const struct shale_import_options mine = { .size = sizeof(mine),
		.flags = (old.all_tags ? SHALE_IMPORT_ALL_TAGS : 0) |
			 (old.keep_blobs ? SHALE_IMPORT_KEEP_BLOBS : 0),
		.name = old.name,
		.platform = old.platform,
		.imported = old.imported ? tell_imported : NULL,
		.imported_arg = &old,
		.progress = old.progress ? tell_progress : NULL,
		.progress_arg = &old };
	return shale_image_import(store, source, &mine, ret_id, err);
}

SHALE_API int old_export(struct shale_store *store, const char *what, const char *dest,
	const struct old_image_options *options, struct shale_error *err) OLD(shale_image_export);
int old_export(struct shale_store *store, const char *what, const char *dest,
	const struct old_image_options *options, struct shale_error *err)
{
	struct old_image_options old;
	int r = option_struct_take(&old, sizeof(old), options, "export", err);

	if (r < 0)
		return r;
	const struct shale_export_options mine = { .size = sizeof(mine),
		.config = old.config,
		.progress = old.progress ? tell_progress : NULL,
		.progress_arg = &old };
	return shale_image_export(store, what, dest, &mine, err);
}
