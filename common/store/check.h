/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be wrong with a store, and what would put it right. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "common/store/id.h"

enum shale_mend {
	SHALE_MEND_LINK,      /* make the layer's link and l/SHORT anew */
	SHALE_MEND_LOWER,     /* write "lower" anew, from what the parent says */
	SHALE_MEND_COMMITTED, /* mark the layer as committed: it has children */
	SHALE_MEND_WORK,      /* make work/ */
	SHALE_MEND_ORIGINAL,  /* forget the stream that the layer came as */
	SHALE_MEND_REMOVE,    /* nothing proves that the layer is whole */
	SHALE_MEND_REMAINS,   /* delete the rest of a layer that is removed */
	SHALE_MEND_FORGET,    /* the image's name */
	SHALE_MEND_NOTHING,   /* it is for others to put right */
	SHALE_MEND_LATER,     /* it could not be read, which proves nothing */
	SHALE_MEND_ASIDE,     /* move what is not the store's out of the way */
};

struct shale_problem {
	const char *kind; /* "layer", "image", "file" */
	const char *name; /* of the layer, of the image's file, or a path below HOME */
	const char *why;
	enum shale_mend mend;
};
typedef int shale_problem_fn(const struct shale_problem *problem, void *arg);

/* Tells FN of each problem, of a layer only the first one. FN may put it right at once; a non-zero
 * answer of it ends the walk and is returned. With CONTENTS every file of the layers is read, else
 * only how they hang together is looked at. */
int shale_check_walk(const struct shale_store *store, bool contents, shale_problem_fn *fn,
	void *arg, struct shale_error *err);
