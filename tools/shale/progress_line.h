/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows the progress of long work: one line on standard error, if that is a terminal. The line is
 * removed at the end. */
#pragma once

#include "common/shale.h"

/* Returns the progress function for the library's options; NULL if standard error is not a
 * terminal. */
shale_progress_fn *progress_or_null(void);
/* Removes the line. */
void progress_clear(void);
