/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds by trial mounts what the kernel backend can do in HOME, and keeps the results in RUN until
 * the host or the filesystem changes. */
#pragma once

#include "common/backend.h"

/* The function probe of struct backend_ops (common/backend.h). */
int kernel_probe(int home, const char *home_path, const char *run_path, shale_feature_fn *fn,
	void *arg, struct shale_error *err);
