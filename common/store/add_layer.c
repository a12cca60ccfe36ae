/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/add_layer.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/draft.h"
#include "common/store/fill.h"

#include <stdlib.h>

struct adding {
	struct shale_store *store;
	struct draft draft;
	struct fill fill;
};

static int begin_draft(const struct new_layer *layer, const struct adding *parent,
	struct adding *adding, struct shale_error *err)
{
	if (parent)
		return draft_begin_on_draft(
			adding->store, layer->id, &parent->draft, &adding->draft, err);
	return draft_begin(adding->store, layer->id, "layer", layer->parent, &adding->draft, err);
}

int adding_begin(struct shale_store *store, const struct new_layer *layer,
	const struct adding *parent, struct adding **ret, struct shale_error *err)
{
	auto_adding struct adding *adding = calloc(1, sizeof(*adding));

	if (!adding)
		return error_fail(err, -ENOMEM, "layer '%s'", layer->id);
	adding->store = store;
	adding->draft = DRAFT_NONE;
	adding->fill = (struct fill){ .read = layer->read,
		.verify = layer->verify,
		.arg = layer->arg,
		.digest_as = layer->digest_as,
		.limits = layer->limits,
		.parent = parent ? &parent->draft : NULL };
	int r = begin_draft(layer, parent, adding, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(&adding);
	return 0;
}

int adding_unpack(struct adding *adding, struct shale_error *err)
{
	return fill_unpack(adding->store, &adding->draft, &adding->fill, err);
}

int adding_publish(struct adding *adding, struct shale_error *err)
{
	struct draft *draft = &adding->draft;
	int r = fill_finish(draft, &adding->fill, err);

	if (r == 0 && json_object_set_new(draft->record, "origin", json_string("image")) < 0)
		r = error_fail(err, -ENOMEM, "layer '%s'", draft->id);
	return r == 0 ? draft_publish(adding->store, draft, err) : r;
}

void adding_free(struct adding *adding)
{
	if (!adding)
		return;
	fill_free(&adding->fill);
	draft_end(&adding->draft);
	free(adding);
}

int store_add_layer(struct shale_store *store, const struct new_layer *layer,
	struct apply_result *ret, struct shale_error *err)
{
	auto_adding struct adding *adding = NULL;
	int r = adding_begin(store, layer, NULL, &adding, err);

	if (r == 0)
		r = adding_unpack(adding, err);
	if (r == 0)
		r = adding_publish(adding, err);
	if (r == 0 && ret)
		*ret = adding->fill.result;
	return r;
}
