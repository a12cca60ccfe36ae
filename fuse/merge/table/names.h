/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stores file names in slots of a few sizes, and gives each a handle of 32 bits. A name of up to 15
 * bytes takes 16. */

#pragma once

#include <stdint.h>

#include "fuse/merge/table/region.h"

#define NAME_KINDS 5
#define NAME_SIZE  256 /* room for the longest file name, with its NUL */

struct names {
	struct region kinds[NAME_KINDS]; /* slots of 16, 32, 64, 128 and 256 bytes */
};

int names_open(struct names *names);
/* Takes over the names in the NAME_KINDS memfds of an earlier worker. */
int names_adopt(struct names *names, const int *memfds);
void names_close(struct names *names);

/* Adds NAME and returns its handle; 0 without memory, or for a name longer than 255 bytes. */
uint32_t names_add(struct names *names, const char *name);
void names_drop(struct names *names, uint32_t handle);
const char *names_get(const struct names *names, uint32_t handle);
