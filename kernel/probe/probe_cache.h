/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps the results of a probe in RUN/probe-kernel.json. They are valid for the same boot, kernel,
 * module parameters, filesystem of HOME, ids of the user namespace, and privileges.
 */
#pragma once

#include <stdbool.h>

#include "kernel/probe/probe_results.h"

/* Reads the cache in RUN_PATH into RET. Returns false if it is not complete, or not valid for this
 * host, HOME and process. */
bool probe_cache_read(int home, const char *run_path, struct probe_results *ret);
/* Writes RESULTS to the cache. Ignores a failure: the next probe makes its trials again. */
void probe_cache_write(int home, const char *run_path, const struct probe_results *results);
