/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The optimisations of a mount. Each can be turned off, to find the cause of a fault or to measure
 * its gain; nothing else depends on them. */
#pragma once

#include "common/shale.h"

enum optimisation {
	OPTIMISATION_OPEN = 1,       /* the kernel opens and closes files by itself */
	OPTIMISATION_DIRS = 2,       /* the kernel caches lists of directories */
	OPTIMISATION_PLUS = 4,       /* a list has attributes with it */
	OPTIMISATION_NEGATIVE = 8,   /* the kernel caches that a name is absent */
	OPTIMISATION_LINKS = 16,     /* the kernel caches targets of symbolic links */
	OPTIMISATION_PARALLEL = 32,  /* the kernel looks up several names of a directory at once */
	OPTIMISATION_READAHEAD = 64, /* reads of up to READAHEAD */
	OPTIMISATION_WRITERS = 128,  /* descriptors stay open for the next write */
	OPTIMISATION_XATTRS = 256,   /* the daemon remembers which xattrs are absent */
	OPTIMISATION_READER = 512,   /* one thread reads requests, as long as that is enough */
	OPTIMISATION_SPLICE = 1024,  /* large reads pass pages of the file itself */
	OPTIMISATION_AWAKE = 2048,   /* a reader asks for the next request before it sleeps */
};

/* Parses "open+dirs": the sum of these, or -EINVAL with words. */
int optimisations_parse(const char *text, struct shale_error *err);
