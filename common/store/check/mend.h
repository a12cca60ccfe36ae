/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts right what check_walk found. */
#pragma once

#include "common/store/check/check.h"

/* Returns 0, with words for the repair in *RET_DONE (a constant); or a negative errno, with
 * words. */
int problem_mend(const struct shale_store *store, const struct problem *problem,
	const char **ret_done, struct shale_error *err);
