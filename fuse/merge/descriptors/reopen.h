/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens for reading or writing the regular file or directory that an O_PATH descriptor leads to.
 * The kernel checked permissions against what the mount shows, but a daemon without privileges may
 * meet a file of its own that it may not open: a mode of 0444 on what was just created. The lock of
 * the node that FD is of is held.
 */
#pragma once

/* As fd_reopen. */
int own_open(int fd, int flags);
/* Changes the mode for as long as the open takes. */
int own_open_lent(int fd, int flags);
