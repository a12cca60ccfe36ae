/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes that repeat the system call until all bytes are transferred. */
#pragma once

#include <sys/types.h>

/* Reads SIZE bytes, or fewer if the file ends. Returns how many. */
ssize_t fd_read_all(int fd, void *to, size_t size);
int fd_write_all(int fd, const void *data, size_t size);
