/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens a regular file or directory by its O_PATH descriptor, even if the file's mode refuses its
 * owner. For walks over the whole upper layer that serve no request; requests use loans.h, which
 * hides the lent bits. */
#pragma once

/* Opens FD again like opath_reopen; if the file's mode refuses that, like own_open_lent. */
int own_open(int fd, int flags);
/* Opens FD again; changes the file's mode for the time of the open. */
int own_open_lent(int fd, int flags);
