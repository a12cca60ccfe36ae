/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "common/overlay/sync_before_link.h"

/*
 * Copies the first SIZE bytes of FROM to the empty file TO. Keeps holes, and shares blocks
 * (reflink) if the filesystem can. ST is the stat of FROM, or NULL. SYNC_MODE says how TO is synced
 * next: unless it is SYNC_MODE_NOT, the disk begins to write during the copy. Returns an enum
 * copy_kind (sync_before_link.h), or a negative errno.
 */
int copy_data(int to, int from, const struct stat *st, uint64_t size, enum sync_mode sync_mode);
