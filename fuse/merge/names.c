/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/names.h"

#include <string.h>

#define KIND_BITS 3
#define MOST      (1u << (32 - KIND_BITS))

int shale_names_open(struct shale_names *names)
{
	for (int kind = 0; kind < SHALE_NAME_KINDS; kind++) {
		int r = shale_region_open(
			&names->kinds[kind], "shale-names", 16u << kind, MOST >> kind);
		if (r < 0)
			return r;
	}
	return 0;
}

void shale_names_close(struct shale_names *names)
{
	for (int kind = 0; kind < SHALE_NAME_KINDS; kind++)
		shale_region_close(&names->kinds[kind]);
}

/* Free slots keep their list in the first four bytes, so a name lies at the start of its slot. */
uint32_t shale_names_add(struct shale_names *names, const char *name)
{
	size_t size = strlen(name) + 1;

	for (uint32_t kind = 0; kind < SHALE_NAME_KINDS; kind++) {
		if (size > 16u << kind)
			continue;
		uint32_t slot = shale_region_take(&names->kinds[kind]);
		if (!slot)
			return 0;
		memcpy(shale_region_at(&names->kinds[kind], slot), name, size);
		return slot << KIND_BITS | kind;
	}
	return 0;
}

void shale_names_drop(struct shale_names *names, uint32_t handle)
{
	if (handle)
		shale_region_give(&names->kinds[handle & 7], handle >> KIND_BITS);
}

const char *shale_names_get(const struct shale_names *names, uint32_t handle)
{
	return handle ? shale_region_at(&names->kinds[handle & 7], handle >> KIND_BITS) : "";
}
