/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/progress.h"

#include <errno.h>
#include <stdio.h>

enum { STEP = 1 << 20 };

static int tell(struct progress *progress)
{
	if (!progress || !progress->fn)
		return 0;
	progress->told = progress->done;
	if (!progress->cancelled)
		progress->cancelled = progress->fn(progress->what, progress->done, progress->total,
					      progress->arg) != 0;
	return progress->cancelled ? -ECANCELED : 0;
}

int progress_start(struct progress *progress, const char *what, uint64_t total)
{
	if (!progress)
		return 0;
	snprintf(progress->what, sizeof(progress->what), "%s", what);
	progress->total = total;
	progress->done = 0;
	return tell(progress);
}

int progress_total(struct progress *progress, uint64_t total)
{
	if (!progress)
		return 0;
	progress->total = total;
	return tell(progress);
}

int progress_at(struct progress *progress, uint64_t done)
{
	if (!progress)
		return 0;
	progress->done = done;
	return done - progress->told >= STEP || progress->cancelled ? tell(progress) : 0;
}

int progress_add(struct progress *progress, uint64_t n)
{
	return progress ? progress_at(progress, progress->done + n) : 0;
}

int progress_step(struct progress *progress)
{
	return tell(progress);
}

int progress_end(struct progress *progress)
{
	if (progress && !progress->total)
		progress->total = progress->done;
	return tell(progress);
}
