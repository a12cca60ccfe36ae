/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a function inside a directory, so that the names passed to the kernel stay short. A thread
 * of its own enters the directory; the other threads keep their working directory. */
#pragma once

typedef int inside_fn(void *arg);

/*
 * Runs FN(ARG) inside DIRFD, and returns its result. A process without other threads changes its
 * own working directory and comes back, with signals blocked, because starting a thread costs more
 * than the mount.
 */
int run_in_dir(int dirfd, inside_fn *fn, void *arg);

/* Runs FN(ARG) like run_in_dir, but in a private copy of the mount namespace, whose mounts always
 * end with FN. Returns -EPERM if the process may not mount at all. */
int run_in_dir_private(int dirfd, inside_fn *fn, void *arg);
