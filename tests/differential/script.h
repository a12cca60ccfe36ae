/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints a plan as a shell script for people: it makes both mounts, runs the operations, and shows
 * the difference. */
#pragma once

#include "tests/differential/round.h"

#include <stdio.h>

void script_print(const struct plan *plan, const struct round_options *options,
	const char *headline, FILE *out);
