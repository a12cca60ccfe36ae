/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mode, times and new descriptors of a file that is given by a descriptor. The descriptor may be an
 * O_PATH one, so the file may be a pipe or a device, which must never be opened. */
#pragma once

#include <sys/types.h>
#include <time.h>

/* Works like fchmod(2). Returns -EOPNOTSUPP for a symbolic link, which has no mode. */
int opath_chmod(int fd, mode_t mode);
/* Works like futimens(2), also for a symbolic link: sets the times of access and of change of the
 * data. */
int opath_utimens(int fd, const struct timespec times[2]);
/* Works like truncate(2): the process must be allowed to write to the file. */
int opath_truncate(int fd, off_t size);
/* Gives the file one more name. It may be a nameless file or a symbolic link. */
int opath_link(int fd, int dirfd, const char *name);
/*
 * Opens the file again, with O_CLOEXEC. Never waits for another process: without O_PATH in FLAGS a
 * pipe, a socket or a device is -ESTALE, since the caller can only have meant a regular file or a
 * directory. A symbolic link cannot be opened; a file with a lease is -EAGAIN after a second.
 * Leaves O_NOATIME out if this process may not use it.
 */
int opath_reopen(int fd, int flags);
/* Opens a regular file or a directory like opath_reopen, without checking the type. FLAGS must not
 * have O_PATH. */
int fd_reopen_file(int fd, int flags);
