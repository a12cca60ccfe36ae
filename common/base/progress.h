/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports the progress of a long call to the caller's function, which may cancel the call. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/shale.h"

struct progress {
	shale_progress_fn *fn; /* NULL: the caller wants no reports */
	void *arg;
	char what[64];
	uint64_t total; /* 0: unknown */
	uint64_t done, told;
	bool cancelled;
};

/* These functions accept NULL. They return 0, or -ECANCELED once the caller's function has asked to
 * stop; then the long call ends with that error. */
/* Begins a piece of work. WHAT describes it: "layer 2/3 ab12cd34ef56". */
int progress_start(struct progress *progress, const char *what, uint64_t total);
/* Sets the size of the piece of work, in bytes. */
int progress_total(struct progress *progress, uint64_t total);
/* Report that DONE bytes in all are done, or N bytes more. The caller's function is called once a
 * megabyte. */
int progress_at(struct progress *progress, uint64_t done);
int progress_add(struct progress *progress, uint64_t n);
/* Reports that one of many small pieces is done. */
int progress_step(struct progress *progress);
int progress_end(struct progress *progress);
