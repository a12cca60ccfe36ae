/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

/* Copies the first SIZE bytes of FROM to the empty file TO. Keeps holes, and shares blocks
 * (reflink) where the filesystem can. Returns an enum copy_kind (sync_before_link.h), or a negative
 * errno. */
int data_copy(int to, int from, uint64_t size);
