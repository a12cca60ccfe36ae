/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mode, times and new descriptors of a file given by a descriptor, also by an O_PATH descriptor,
 * and of files that must never be opened (pipes, devices). */
#pragma once

#include <sys/types.h>
#include <time.h>

/* Like fchmod(2); symbolic links have no mode (-EOPNOTSUPP). */
int opath_chmod(int fd, mode_t mode);
/* Like futimens(2): sets the times of access and of change; also of a symbolic link. */
int opath_utimens(int fd, const struct timespec times[2]);
/* Like truncate(2): the process must be allowed to write to the file. */
int opath_truncate(int fd, off_t size);
/* Gives the file, which may be nameless, one more name; also a symbolic link. */
int opath_link(int fd, int dirfd, const char *name);
/* Opens the file again, with O_CLOEXEC; not a symbolic link. Never waits for another process:
 * pipes, sockets and devices are -ESTALE unless FLAGS has O_PATH, since the caller can only have
 * meant a regular file or a directory; a file with a lease is -EAGAIN after a second. O_NOATIME is
 * left out where this process may not use it. */
int opath_reopen(int fd, int flags);
/* The same of what is known to be a regular file or a directory, which saves a look at it; FLAGS
 * are without O_PATH. */
int fd_reopen_file(int fd, int flags);
