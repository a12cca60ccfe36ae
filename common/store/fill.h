/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills a draft with the content of a tar stream. */
#pragma once

#include "common/archive/apply/apply.h"
#include "common/store/draft.h"

struct fill {
	int64_t (*read)(void *arg, void *buf, size_t size);
	/* Called at the end of the stream; an error of it ends the fill. May be NULL. */
	int (*verify)(const struct apply_result *result, void *arg, struct shale_error *err);
	void *arg;
	const char *digest_as; /* see struct apply_spec */
	bool no_original;      /* do not keep the record from which the stream can be restored */
	const char *hold; /* a hold that does not keep the layer from being replaced; NULL: every
			     hold does */
	const struct shale_limits *limits; /* NULL: the limits of the environment */
	/* The draft of the parent, if the parent may not be published yet; else NULL. */
	const struct draft *parent;
	struct apply_result result;
	struct noted *noted;     /* digests of the unpacked files */
	struct flusher *flusher; /* syncs the unpacked files while others are unpacked */
};
/* Unpacks the stream into the draft. Notes size, entries and diff id in the draft's record. Keeps
 * the record from which the unchanged stream can be restored. */
int fill_draft(
	struct shale_store *store, struct draft *draft, struct fill *fill, struct shale_error *err);

/* Do the work of fill_draft in two steps. fill_unpack calls READ and VERIFY, and leaves all files
 * in the draft; fill_finish may run in another thread. Call fill_free after either, also after an
 * error. */
int fill_unpack(
	struct shale_store *store, struct draft *draft, struct fill *fill, struct shale_error *err);
int fill_finish(struct draft *draft, struct fill *fill, struct shale_error *err);
void fill_free(struct fill *fill);
