/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets how much of a file the kernel reads ahead. Its default is 128 KiB, and each read-ahead is a
 * request. */
#pragma once

#define READAHEAD (256u * 1024)

/*
 * Sets the read-ahead of the mount at TARGET to READAHEAD, if the reply to INIT allows as much. The
 * daemon need not serve the mount yet. Needs the right to write to /sys; without it reads take more
 * requests.
 */
void readahead_widen(const char *target);
