/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens the regular file or directory that an O_PATH descriptor leads to, also where its mode keeps
 * its owner from that: for a walk over the upper layer, which no request waits for. Requests use
 * loans.h, which hides what is lent.
 */
#pragma once

/* Like opath_reopen. */
int own_open(int fd, int flags);
/* Changes the mode while the file is opened. */
int own_open_lent(int fd, int flags);
