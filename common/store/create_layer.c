/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/store.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/size.h"
#include "common/store/foreign/adopted.h"
#include "common/store/draft.h"
#include "common/store/features.h"
#include "common/store/fill.h"
#include "common/store/mount/driver.h"
#include "common/store/size_limit.h"
#include "common/store/files/lock.h"
#include "common/store/hold.h"
#include "common/store/store_struct.h"
#include "common/store/foreign/adopt.h"
#include "common/store/foreign/foreign.h"
#include "common/store/id.h"

#include <string.h>
#include <sys/file.h>

static const char *value_of(const char *option, const char *key)
{
	size_t n = strlen(key);

	return !strncmp(option, key, n) && option[n] == '=' ? option + n + 1 : NULL;
}

/* Parses an option that lets the layer's mounts make redirects or metacopies. metacopy=on needs
 * redirects: a renamed file must find its data. */
static int take_feature(const char *option, const char *value, unsigned int feature,
	unsigned int *features, struct shale_error *err)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return error_fail_plain(err, -EINVAL, "option '%s': not on or off", option);
	*features = !strcmp(value, "on") ? *features | feature : *features & ~feature;
	return 0;
}

/* Takes the option "size". Asks only the backend that is chosen now whether it can limit the layer;
 * another backend may not be able to. */
static int take_size(struct shale_store *store, const char *option, const char *value,
	uint64_t *ret, struct shale_error *err)
{
	const struct backend_ops *backend;
	auto_free char *reason = NULL;

	if (size_parse(value, ret) < 0) {
		error_fail_plain(err, -EINVAL, "option '%s': not a size", option);
		return error_remedy(err, -EINVAL, "write it like size=10G");
	}
	int r = driver_choose_for(store, 1u << NEED_SIZE, &backend, &reason, err);
	return r < 0 ? error_fail(err, r, "option '%s'", option) : 0;
}

/* The settings of a new layer. */
struct settings {
	unsigned int features;
	uint64_t size; /* 0: no size limit */
};

static int take_option(struct shale_store *store, const char *option, bool rw,
	struct settings *settings, struct shale_error *err)
{
	const char *size = value_of(option, "size");
	const char *redirect = value_of(option, "redirect_dir");
	const char *metacopy = value_of(option, "metacopy");

	if (!size && !redirect && !metacopy) {
		error_fail_plain(err, -EINVAL, "unknown layer option '%s'", option);
		return error_remedy(err, -EINVAL,
			"the options of read-write layers are: size=N[K|M|G|T], "
			"redirect_dir=on|off, "
			"metacopy=on|off");
	}
	if (!rw)
		return error_fail_plain(
			err, -EINVAL, "option '%s': only read-write layers have options", option);
	if (size)
		return take_size(store, option, size, &settings->size, err);
	if (redirect)
		return take_feature(option, redirect, FEATURE_REDIRECT, &settings->features, err);
	return take_feature(
		option, metacopy, FEATURE_REDIRECT | FEATURE_METACOPY, &settings->features, err);
}

/* Adopts another engine's layer as the parent. Checks the new layer's id first, so that a wrong id
 * does not leave adopted layers behind. A lock keeps gc from removing them until the child
 * exists. */
static int adopt(struct shale_store *store, const char *id, const char *path,
	char ret_id[ID_MAX + 1], int *ret_lock, struct shale_error *err)
{
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = id_check(id, err);
	if (r < 0)
		return r;
	*ret_lock = lock_take(store->images, ".lock", LOCK_SH);
	if (*ret_lock < 0)
		return error_fail(err, *ret_lock, "lock the images");
	return adopt_layer(store, path, ret_id, err);
}

static int hold_in_draft(
	struct draft *draft, const struct shale_layer_options *options, struct shale_error *err)
{
	const char *data = options->hold_data ? options->hold_data : "";
	int r = id_is_valid(options->hold) ? hold_set(draft->record, options->hold, data) : -EINVAL;

	return r < 0 ? error_fail(err, r, "hold '%.200s' of layer '%s'", options->hold, draft->id)
		     : 0;
}

int store_create_layer(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, const struct layer_extra *extra,
	struct shale_error *err)
{
	auto_draft struct draft draft = DRAFT_NONE;
	struct settings settings = { 0 };
	const bool rw = options->flags & SHALE_CREATE_RW;
	int r = 0;

	for (size_t i = 0; r == 0 && i < options->n_options; i++)
		r = take_option(store, options->options[i], rw, &settings, err);
	if (r < 0)
		return r;
	const char *parent = options->parent;
	char adopted[ID_MAX + 1];
	auto_close int lock = -1;
	r = parent && *parent == '/' ? adopt(store, id, parent, adopted, &lock, err) : 0;
	if (r == 0)
		r = draft_begin(
			store, id, rw ? "rw" : "layer", lock < 0 ? parent : adopted, &draft, err);
	if (r == 0 && settings.features)
		r = features_set_own(draft.record, settings.features);
	if (r == 0 && settings.size)
		r = size_limit_set(draft.record, settings.size);
	if (r == 0 && options->hold)
		r = hold_in_draft(&draft, options, err);
	if (r == 0 && extra)
		r = extra->add(draft.dir, draft.record, extra->arg, err);
	return r < 0 ? r : draft_publish(store, &draft, err);
}
