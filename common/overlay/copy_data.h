/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

/* Copies the first SIZE bytes of FROM to the empty file TO, holes kept, reflinked where both lie on
 * one filesystem that can. An enum copy_kind (sync_before_link.h), or a negative errno. */
int data_copy(int to, int from, uint64_t size);
