/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes of all that was asked for, however the kernel cuts it up. */
#pragma once

#include <sys/types.h>

/* Up to SIZE bytes, less only at the end of the file; how many. */
ssize_t fd_read_all(int fd, void *to, size_t size);
int fd_write_all(int fd, const void *data, size_t size);
