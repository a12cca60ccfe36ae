/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress of long work on a terminal: one line on standard error, which is gone at the end. */
#pragma once

#include "common/shale.h"

/* For the library's options: NULL where standard error is no terminal. */
shale_progress_fn *progress_or_null(void);
/* Removes the line. */
void progress_clear(void);
