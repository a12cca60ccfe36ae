/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/features.h"

#include <errno.h>
#include <string.h>

#define OWN   "features"
#define BELOW "features-below"

static const struct {
	const char *name;
	unsigned int bit;
} names[] = { { "redirect", FEATURE_REDIRECT }, { "metacopy", FEATURE_METACOPY },
	{ "aufs", FEATURE_AUFS } };
#define N_NAMES (sizeof(names) / sizeof(*names))

static unsigned int read_list(json_t *record, const char *key)
{
	unsigned int features = 0;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(record, key), i, item) for (size_t n = 0; n < N_NAMES;
								       n++)
	{
		const char *name = json_string_value(item);

		if (name && !strcmp(name, names[n].name))
			features |= names[n].bit;
	}
	return features;
}

static int write_list(json_t *record, const char *key, unsigned int features)
{
	json_t *list = json_array();

	if (!features)
		json_object_del(record, key);
	for (size_t n = 0; n < N_NAMES; n++)
		if (features & names[n].bit)
			json_array_append_new(list, json_string(names[n].name));
	if (features)
		return json_object_set_new(record, key, list) < 0 ? -ENOMEM : 0;
	json_decref(list);
	return 0;
}

unsigned int features_own(const struct layer *layer)
{
	return read_list(layer->record, OWN);
}

unsigned int features_claimed_below(const struct layer *layer)
{
	return read_list(layer->record, BELOW);
}

unsigned int features_any(const struct layer *layer)
{
	return features_own(layer) | features_claimed_below(layer);
}

int features_set_own(json_t *record, unsigned int features)
{
	return write_list(record, OWN, features);
}

int features_set_below(json_t *record, unsigned int features)
{
	return write_list(record, BELOW, features);
}

int features_inherit(json_t *record, const struct layer *parent, bool rw)
{
	unsigned int below = read_list(parent->record, OWN) | read_list(parent->record, BELOW);
	int r = write_list(record, BELOW, below);

	if (r == 0 && rw && (below & FEATURE_METACOPY))
		r = write_list(record, OWN, FEATURE_REDIRECT | FEATURE_METACOPY);
	return r;
}
