/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress of a long call, and its cancellation: the function and argument that the caller gave. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/shale.h"

struct progress {
	shale_progress_fn *fn; /* NULL: nobody is told */
	void *arg;
	char what[64];
	uint64_t total; /* 0: not known */
	uint64_t done, told;
	bool cancelled;
};

/* All of these accept NULL. They return 0, or -ECANCELED once the caller's function has asked to
 * stop; the long call then ends with that error. */
/* Begins a piece of work. WHAT describes it: "layer 2/3 ab12cd34ef56". */
int progress_start(struct progress *progress, const char *what, uint64_t total);
/* Sets the size of that piece, in bytes. */
int progress_total(struct progress *progress, uint64_t total);
/* Reports that DONE bytes in all are done, or N bytes more. The caller's function is called once a
 * megabyte. */
int progress_at(struct progress *progress, uint64_t done);
int progress_add(struct progress *progress, uint64_t n);
/* Reports that one of many small things is done. */
int progress_step(struct progress *progress);
int progress_end(struct progress *progress);
