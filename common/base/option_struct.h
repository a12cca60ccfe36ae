/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Option structs of shale.h, whose first member is their size, as a caller of any version has them.
 */
#pragma once

#include <stddef.h>

#include "common/shale.h"

/* Copies THEIRS (NULL: nothing but zeros) to MINE, a struct of SIZE bytes: the part that both have,
 * and zeros for the rest; its own size is SIZE. Reads nothing behind the size of THEIRS. -EINVAL
 * for a size that no struct has; -E2BIG if THEIRS is larger and not zero behind SIZE. WHAT begins
 * the words of an error. */
int option_struct_take(
	void *mine, size_t size, const void *theirs, const char *what, struct shale_error *err);
/* -EINVAL, with words, if FLAGS holds another than those of KNOWN. */
int option_flags_check(
	unsigned long flags, unsigned long known, const char *what, struct shale_error *err);
