/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Repairs the problems that check_walk (check.h) finds. */
#pragma once

#include "common/store/check/check.h"

/* Repairs PROBLEM. Returns 0 and the words for the repair in *RET_DONE (a constant); or a
 * negative errno, with words. */
int problem_mend(const struct shale_store *store, const struct problem *problem,
	const char **ret_done, struct shale_error *err);
