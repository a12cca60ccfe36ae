/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RUN/probe-fuse: records that a trial mount through FUSE has succeeded. The record is valid for
 * the same boot, kernel, privileges, filesystem of HOME, programs and device. A failed trial is not
 * recorded: the missing part may be installed later. */
#pragma once

#include <stdbool.h>

bool trial_record_holds(int home, const char *run_path);
/* Records that a trial mount has succeeded. If the record cannot be written, the next probe only
 * tries again. */
void trial_record_keep(int home, const char *run_path);
