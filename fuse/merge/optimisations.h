/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The optimisations of a mount. Each can be left out, to find the cause of a fault or to
 * measure its gain; nothing else depends on them. */
#pragma once

#include "common/shale.h"

enum optimisation {
	OPTIMISATION_OPEN = 1,       /* files are opened and closed by the kernel alone */
	OPTIMISATION_DIRS = 2,       /* the kernel keeps what a directory lists */
	OPTIMISATION_PLUS = 4,       /* a list brings the attributes along */
	OPTIMISATION_NEGATIVE = 8,   /* the kernel keeps that a name is absent */
	OPTIMISATION_LINKS = 16,     /* the kernel keeps where symbolic links lead to */
	OPTIMISATION_PARALLEL = 32,  /* lookups in one directory at once */
	OPTIMISATION_READAHEAD = 64, /* reads of up to READAHEAD */
	OPTIMISATION_WRITERS = 128,  /* descriptors stay open for the next write */
	OPTIMISATION_XATTRS = 256,   /* the daemon remembers which xattrs are absent */
	OPTIMISATION_READER = 512,   /* one thread reads requests, as long as that will do */
	OPTIMISATION_SPLICE = 1024,  /* large reads get the pages of the file itself */
	OPTIMISATION_AWAKE = 2048,   /* a reader asks for the next request before it sleeps */
};

/* "open+dirs": the sum of what is named, or -EINVAL with words. */
int optimisations_parse(const char *text, struct shale_error *err);
