/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mode, times and new descriptors of any descriptor, also of an O_PATH descriptor and of what must
 * never be opened. */
#pragma once

#include <sys/types.h>
#include <time.h>

/* As fchmod(2); symbolic links have no mode (-EOPNOTSUPP). */
int fdattr_chmod(int fd, mode_t mode);
/* As futimens(2): times of access and of change; also of a symbolic link. */
int fdattr_utimens(int fd, const struct timespec times[2]);
/* As truncate(2): the process must be allowed to write to the file by its name. */
int fd_truncate(int fd, off_t size);
/* A name more for the file, which may have none; also for a symbolic link. */
int fd_link(int fd, int dirfd, const char *name);
/* The same file opened anew, O_CLOEXEC; not for symbolic links. It waits for nobody: unless FLAGS
 * have O_PATH, pipes, sockets and devices are not opened (-ESTALE: only a regular file or a
 * directory can have been meant), and a file that somebody keeps a lease of is -EAGAIN after a
 * second. */
int fd_reopen(int fd, int flags);
