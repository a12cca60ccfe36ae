/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process that works in a directory, and checks that it does not notice a snapshot. */
#pragma once

/* Works in the directory DIR: does one more step for each line of standard input, checks the
 * outcome of all steps so far, and prints "ok". Returns an exit status. */
int hold_run(const char *dir);
