/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets how much of a file the kernel reads ahead. By default that is 128 KiB, and each read-ahead
 * is one request. */
#pragma once

#define READAHEAD (256u * 1024)

/* Sets the read-ahead of the mount at TARGET to READAHEAD, as far as the reply to INIT allows. The
 * daemon need not serve the mount yet. Needs the right to write to /sys; without it reading takes
 * more requests. */
void readahead_widen(const char *target);
