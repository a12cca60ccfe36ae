/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a failing plan smaller: leaves out operations and files as long as it fails in the same
 * way. */
#pragma once

#include "tests/differential/round.h"

/* Shrinks PLAN in place, for SECONDS at most. RESULT is round_run's result for PLAN. Replaces
 * *REPORT by the report of the last failure. */
void shrink(struct plan *plan, const struct round_options *options, int result, unsigned seconds,
	char **report);
