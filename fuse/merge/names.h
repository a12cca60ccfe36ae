/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File names in slots of few sizes: a handle is 32 bits, and a name of 12 bytes takes 16. */
#pragma once

#include <stdint.h>

#include "fuse/merge/region.h"

#define SHALE_NAME_KINDS 5

struct shale_names {
	struct shale_region kinds[SHALE_NAME_KINDS]; /* slots of 16, 32, 64, 128 and 256 bytes */
};

int shale_names_open(struct shale_names *names);
void shale_names_close(struct shale_names *names);

/* A handle, or 0: out of memory, or longer than 255 bytes. */
uint32_t shale_names_add(struct shale_names *names, const char *name);
void shale_names_drop(struct shale_names *names, uint32_t handle);
const char *shale_names_get(const struct shale_names *names, uint32_t handle);
