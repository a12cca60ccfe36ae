/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "common/overlay/sync_before_link.h"

/* Copies the first SIZE bytes of FROM to the empty file TO. Keeps holes, and shares blocks
 * (reflink) where the filesystem can. ST: FROM's, or NULL. SYNC_MODE: how TO is synced next; but
 * for SYNC_MODE_NOT, the disk begins to write meanwhile. Returns an enum copy_kind
 * (sync_before_link.h), or a negative errno. */
int copy_data(int to, int from, const struct stat *st, uint64_t size, enum sync_mode sync_mode);
