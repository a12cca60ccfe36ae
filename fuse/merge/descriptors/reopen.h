/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens a regular file or directory by an O_PATH descriptor, even if its mode refuses its owner.
 * For a walk over the upper layer, which no request waits for. Requests use loans.h, which hides
 * lent bits.
 */
#pragma once

/* Opens FD again like opath_reopen; if the mode refuses that, like own_open_lent. */
int own_open(int fd, int flags);
/* Opens FD again, and changes the mode while the file is being opened. */
int own_open_lent(int fd, int flags);
