/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record in RUN/probe-fuse that a trial mount through FUSE passed. It holds for the same boot,
 * kernel, process's rights, HOME's filesystem, programs and device. A failure is not recorded: the
 * missing part may be there now.
 */
#pragma once

#include <stdbool.h>

bool stamp_holds(int home, const char *run_path);
/* A record that cannot be written is no error: the next probe mounts again. */
void stamp_keep(int home, const char *run_path);
