/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds damage in a store, and says which repair is possible. */
#pragma once

#include <stdbool.h>

#include "common/base/progress.h"
#include "common/shale.h"
#include "common/store/id.h"

enum problem_mend {
	MEND_LINK,      /* make the layer's file "link" and the name l/SHORT again */
	MEND_LOWER,     /* write the file "lower" again, from the parent's "lower" */
	MEND_COMMITTED, /* mark the layer as committed, because it has children */
	MEND_WORK,      /* make work/ */
	MEND_ORIGINAL,  /* forget the stream that the layer was unpacked from */
	MEND_REMOVE,    /* remove the layer: nothing proves that it is whole */
	MEND_REMAINS,   /* delete the rest of a layer that is being removed */
	MEND_FORGET,    /* remove the image's name */
	MEND_NOTHING,   /* the user must repair it */
	MEND_LATER,     /* try later: a file could not be read, which proves no damage */
	MEND_ASIDE,     /* move a file that does not belong to the store to lost+found/ */
};

struct problem {
	const char *kind; /* "layer", "image", "file" */
	const char *name; /* name of the layer or of the image's file, or a path below HOME */
	const char *why;
	enum problem_mend mend;
};
typedef int problem_fn(const struct problem *problem, void *arg);

/* Calls FN with each problem; of a layer only with the first one. FN may repair the problem at
 * once. A non-zero answer of FN ends the walk and is returned. */
struct check_run {
	bool contents; /* read every file of the layers, not only their records and links */
	problem_fn *fn;
	void *arg;
	struct progress *progress;
};
int check_walk(
	const struct shale_store *store, const struct check_run *run, struct shale_error *err);
