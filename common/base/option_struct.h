/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads option structs of shale.h from callers that were compiled with any version of it. Each
 * begins with its size. */
#pragma once

#include <stddef.h>

#include "common/shale.h"

/*
 * Copies THEIRS (NULL: a struct of zeros) to MINE, a struct of SIZE bytes: the part that both
 * versions have, then zeros. Sets MINE's own size to SIZE. Reads nothing behind the size of THEIRS.
 * Returns -EINVAL for an impossible size, -E2BIG if THEIRS is larger and not zero behind SIZE. The
 * words of an error begin with WHAT.
 */
int option_struct_take(
	void *mine, size_t size, const void *theirs, const char *what, struct shale_error *err);
/* Returns -EINVAL, with words, if FLAGS has a bit that is not in KNOWN. */
int option_flags_check(
	unsigned long flags, unsigned long known, const char *what, struct shale_error *err);
