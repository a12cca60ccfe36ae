/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work done inside a directory, so that the names that the kernel is told stay short: on a thread
 * whose working directory it is, while everybody else's stays where it is. */
#pragma once

typedef int inside_fn(void *arg);

/* Runs FN(ARG) inside DIRFD, and returns what it returns. A process that has no other thread goes
 * there itself and comes back, with signals held off: starting a thread costs more than the mount.
 */
int inside_run(int dirfd, inside_fn *fn, void *arg);

/* The same in a private copy of the mount namespace, whose mounts end with FN, whatever happens.
 * -EPERM where the process may not mount at all. */
int inside_run_private(int dirfd, inside_fn *fn, void *arg);
