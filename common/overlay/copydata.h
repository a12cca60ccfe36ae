/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

/* Copies the first SIZE bytes of FROM to the empty file TO, holes kept, reflinked where both lie on
 * one filesystem that can. An enum shale_copied (settle.h), or a negative errno. */
int shale_copy_data(int to, int from, uint64_t size);
