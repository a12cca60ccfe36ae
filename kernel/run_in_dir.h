/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a function in another working directory, so that the names passed to the kernel can be
 * short. A thread of its own enters the directory; other threads keep their working directory. */
#pragma once

typedef int inside_fn(void *arg);

/* Runs FN(ARG) in the directory DIRFD, and returns its result. A process without other threads
 * changes its own working directory and comes back, with signals blocked, because to start a thread
 * costs more than the mount. */
int run_in_dir(int dirfd, inside_fn *fn, void *arg);

/* Runs FN(ARG) like run_in_dir, but in its own mount namespace, a private copy; its mounts end with
 * FN. Returns -EPERM if the process may not mount at all. */
int run_in_dir_private(int dirfd, inside_fn *fn, void *arg);
