/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/store.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/store/draft.h"
#include "common/store/driver.h"
#include "common/store/features.h"
#include "common/store/fill.h"
#include "common/store/private.h"

#include <ctype.h>
#include <string.h>

/* A number with one of K, M, G, T behind it, as Docker writes sizes. */
static bool is_size(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 18)
		return false;
	text += digits;
	if (*text && strchr("kmgt", tolower((unsigned char)*text)))
		text++;
	if (tolower((unsigned char)*text) == 'b')
		text++;
	return !*text;
}

static const char *value_of(const char *option, const char *key)
{
	size_t n = strlen(key);

	return !strncmp(option, key, n) && option[n] == '=' ? option + n + 1 : NULL;
}

/* What the mounts of the layer may make beyond what stands by itself. metacopy=on is nothing
 * without redirects: a renamed file must find its data. */
static int take_feature(const char *option, const char *value, unsigned int feature,
	unsigned int *features, struct shale_error *err)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return shale_fail_plain(err, -EINVAL, "option '%s': not on or off", option);
	*features = *value == 'o' && value[1] == 'n' ? *features | feature : *features & ~feature;
	return 0;
}

static int find_quota(const struct shale_feature *feature, void *arg)
{
	if (strcmp(feature->name, "project-quota") != 0)
		return 0;
	return shale_fail_plain(arg, -EOPNOTSUPP, "%s",
		feature->works ? "this version of shale sets no limits yet" : feature->reason);
}

static int take_size(const struct shale_store *store, const char *option, const char *value,
	struct shale_error *err)
{
	struct shale_error why = { 0 };

	if (!is_size(value)) {
		shale_fail_plain(err, -EINVAL, "option '%s': not a size", option);
		return shale_remedy(err, -EINVAL, "write it like size=10G");
	}
	shale_driver_probe(store, &shale_backend_kernel, find_quota, &why, NULL);
	shale_fail_plain(err, -EOPNOTSUPP, "option '%s': the size of a layer cannot be limited: %s",
		option, why.text[0] ? why.text : "nothing is known of quotas");
	return shale_remedy(err, -EOPNOTSUPP, "create the layer without a size");
}

static int take_option(const struct shale_store *store, const char *option, bool rw,
	unsigned int *features, struct shale_error *err)
{
	const char *size = value_of(option, "size");
	const char *redirect = value_of(option, "redirect_dir");
	const char *metacopy = value_of(option, "metacopy");

	if (!size && !redirect && !metacopy) {
		shale_fail_plain(err, -EINVAL, "unknown layer option '%s'", option);
		return shale_remedy(err, -EINVAL,
			"known are, for read-write layers: size=N[K|M|G|T], redirect_dir=on|off, "
			"metacopy=on|off");
	}
	if (!rw)
		return shale_fail_plain(
			err, -EINVAL, "option '%s': only read-write layers have options", option);
	if (size)
		return take_size(store, option, size, err);
	if (redirect)
		return take_feature(option, redirect, SHALE_FEATURE_REDIRECT, features, err);
	return take_feature(
		option, metacopy, SHALE_FEATURE_REDIRECT | SHALE_FEATURE_METACOPY, features, err);
}

static int create(struct shale_store *store, const char *id, const char *kind,
	const struct shale_layer_options *options, struct shale_error *err)
{
	auto_draft struct shale_draft draft = SHALE_DRAFT_NONE;
	unsigned int features = 0;

	if (options && options->size < sizeof(*options))
		return shale_fail_plain(
			err, -EINVAL, "create layer: option struct without its size");
	for (size_t i = 0; options && i < options->n_options; i++) {
		int r = take_option(
			store, options->options[i], !strcmp(kind, "rw"), &features, err);

		if (r < 0)
			return r;
	}
	int r = shale_draft_begin(store, id, kind, options ? options->parent : NULL, &draft, err);
	if (r == 0 && features)
		r = shale_features_set_own(draft.record, features);
	return r < 0 ? r : shale_draft_publish(store, &draft, err);
}

int shale_layer_create(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, struct shale_error *err)
{
	return create(store, id, "layer", options, err);
}

int shale_layer_create_rw(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, struct shale_error *err)
{
	return create(store, id, "rw", options, err);
}

int shale_store_add_layer(struct shale_store *store, const struct shale_new_layer *layer,
	struct shale_apply_result *ret, struct shale_error *err)
{
	auto_draft struct shale_draft draft = SHALE_DRAFT_NONE;
	struct shale_fill fill = {
		.read = layer->read, .verify = layer->verify, .arg = layer->arg
	};
	int r = shale_draft_begin(store, layer->id, "layer", layer->parent, &draft, err);

	if (r == 0)
		r = shale_draft_fill(store, &draft, &fill, err);
	if (r == 0 && json_object_set_new(draft.record, "origin", json_string("image")) < 0)
		r = shale_fail(err, -ENOMEM, "layer '%s'", layer->id);
	if (r == 0)
		r = shale_draft_publish(store, &draft, err);
	if (r == 0 && ret)
		*ret = fill.result;
	return r;
}
