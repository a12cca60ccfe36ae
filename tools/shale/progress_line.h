/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows progress of long work on a terminal: one line on standard error, which is removed at the
 * end. */
#pragma once

#include "common/shale.h"

/* Returns the progress function for the library's options; NULL if standard error is no
 * terminal. */
shale_progress_fn *progress_or_null(void);
/* Removes the line. */
void progress_clear(void);
