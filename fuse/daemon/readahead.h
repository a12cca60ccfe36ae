/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much of a file the kernel reads ahead: 128 KiB if nobody says otherwise, each a request. */
#pragma once

#define READAHEAD (256u * 1024)

/* Has it read READAHEAD of the files of the mount at TARGET, which need not be served yet;
 * the INIT reply must allow as much. Only who may write to /sys can do this; for others reads take
 * more requests. */
void readahead_widen(const char *target);
