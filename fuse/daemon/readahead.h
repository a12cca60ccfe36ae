/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets how much of a file the kernel reads ahead; the default is 128 KiB, each a request. */
#pragma once

#define READAHEAD (256u * 1024)

/* Sets the read-ahead of the mount at TARGET to READAHEAD. The mount need not be served yet; the
 * reply to INIT must allow as much. This needs the right to write to /sys; without it reads take
 * more requests. */
void readahead_widen(const char *target);
