/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The optimisations of a mount. Each can be left out by -o without=, to find the cause of a fault
 * or to measure its gain. No other code depends on them. */
#pragma once

#include "common/shale.h"

enum optimisation {
	/* without requests OPEN: the kernel opens and closes files by itself */
	OPTIMISATION_OPEN = 1,
	/* without requests OPENDIR: the kernel caches lists of directories */
	OPTIMISATION_DIRS = 2,
	OPTIMISATION_PLUS = 4,       /* a list comes with attributes: READDIRPLUS */
	OPTIMISATION_NEGATIVE = 8,   /* the kernel caches the absence of names */
	OPTIMISATION_LINKS = 16,     /* the kernel caches targets of symbolic links */
	OPTIMISATION_PARALLEL = 32,  /* the kernel looks up several names of a directory at once */
	OPTIMISATION_READAHEAD = 64, /* the kernel reads READAHEAD bytes ahead */
	OPTIMISATION_WRITERS = 128,  /* descriptors stay open for further writes (writers.h) */
	OPTIMISATION_XATTRS = 256,   /* the daemon remembers which xattrs are absent */
	OPTIMISATION_READER = 512,   /* a single thread reads requests as long as it keeps up */
	OPTIMISATION_SPLICE = 1024,  /* large reads pass the file's own pages, without a copy */
	OPTIMISATION_AWAKE = 2048,   /* a reader polls for the next request before it sleeps */
};

/* Parses a text such as "open+dirs" into bits of enum optimisation. Returns them, or -EINVAL with
 * words. */
int optimisations_parse(const char *text, struct shale_error *err);
