/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * That a trial mount through FUSE passed, kept in RUN/probe-fuse for as long as it must pass again:
 * the same boot, kernel, process's rights, HOME's filesystem, programs and device. That one failed
 * is not kept: what was missing may be there now.
 */
#pragma once

#include <stdbool.h>

bool stamp_holds(int home, const char *run_path);
/* That it cannot be kept is no error: the next probe is a real one again. */
void stamp_keep(int home, const char *run_path);
