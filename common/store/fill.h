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
	const char *digest_as;             /* see struct apply_spec */
	bool no_original;                  /* do not keep the record that gives the stream back */
	const char *hold;                  /* a hold to ignore; NULL: heed all holds */
	const struct shale_limits *limits; /* NULL: the limits of the environment */
	/* The draft's parent if it is a draft, too, and may not be published yet; else NULL. */
	const struct draft *parent;
	struct apply_result result;
	struct noted *noted;     /* the digests of the files that were unpacked */
	struct flusher *flusher; /* syncs them */
};
/* Unpacks the stream into the draft. Also notes size, entries and diff-id in the draft's record,
 * and keeps the record that gives the stream back unchanged. */
int fill_draft(
	struct shale_store *store, struct draft *draft, struct fill *fill, struct shale_error *err);

/* The same in two steps. The first one calls READ and VERIFY, and leaves the whole tree in the
 * draft; the second one may run in another thread. Call fill_free after either, also after an
 * error. */
int fill_unpack(
	struct shale_store *store, struct draft *draft, struct fill *fill, struct shale_error *err);
int fill_finish(struct draft *draft, struct fill *fill, struct shale_error *err);
void fill_free(struct fill *fill);
