/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/work_progress.h"

#include <stdio.h>

enum { STEP = 1 << 20 };

static void tell(struct progress *progress, uint64_t done)
{
	const struct shale_image_options *options = progress->options;

	progress->told = done;
	if (options && options->progress)
		options->progress(progress->what, done, progress->total, options->progress_arg);
}

void progress_start(struct progress *progress, const struct shale_image_options *options,
	const char *what, uint64_t total)
{
	*progress = (struct progress){ .options = options, .total = total };
	snprintf(progress->what, sizeof(progress->what), "%s", what);
	tell(progress, 0);
}

void progress_at(struct progress *progress, uint64_t done)
{
	if (done - progress->told >= STEP)
		tell(progress, done);
}

void progress_end(struct progress *progress, uint64_t done)
{
	if (!progress->total)
		progress->total = done;
	tell(progress, done);
}
