/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The results of a probe: which features work, and why the others do not. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/shale.h"

#define PROBE_MAX 20

struct probe_feature {
	const char *name; /* a static string */
	bool works;
	char reason[640];
};

struct probe_results {
	struct probe_feature features[PROBE_MAX];
	size_t n;
	struct shale_error why; /* why stacks of layers cannot be mounted; code 0: they can */
};
