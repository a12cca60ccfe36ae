/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel backend can do in HOME: found by trial mounts there, kept in RUN until the host
 * or the filesystem changes. */
#pragma once

#include <stdbool.h>

#include "common/backend.h"

#define PROBE_MAX 20

struct probe_feature {
	const char *name; /* static */
	bool works;
	char reason[640];
};

struct probe_results {
	struct probe_feature features[PROBE_MAX];
	size_t n;
	struct shale_error why; /* code 0: stacks can be mounted; else why not */
};

/* As in struct backend_ops. */
int kernel_probe(int home, const char *home_path, const char *run_path, shale_feature_fn *fn,
	void *arg, struct shale_error *err);
