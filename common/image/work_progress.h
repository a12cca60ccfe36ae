/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress of one piece of work, told once a megabyte. */
#pragma once

#include <stdint.h>

#include "common/shale.h"

struct progress {
	const struct shale_image_options *options; /* may be NULL */
	char what[64];
	uint64_t total; /* 0: not known */
	uint64_t told;
};

/* WHAT is "layer 2/3 ab12cd34ef56"; tells its start. */
void progress_start(struct progress *progress, const struct shale_image_options *options,
	const char *what, uint64_t total);
void progress_at(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress, uint64_t done);
