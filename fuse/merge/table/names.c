/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/table/names.h"

#include <string.h>

#define KIND_BITS 3
#define MOST      (1u << (32 - KIND_BITS))

static struct region_kind kind_of(int kind)
{
	static const unsigned int shares[NAME_KINDS] = { 8, 8, 4, 3, 3 };

	return (struct region_kind){ 16u << kind, MOST >> kind, shares[kind] };
}

int names_open(struct names *names)
{
	for (int kind = 0; kind < NAME_KINDS; kind++) {
		const struct region_kind shape = kind_of(kind);
		int r = region_open(&names->kinds[kind], "shale-names", &shape);
		if (r < 0)
			return r;
	}
	return 0;
}

int names_adopt(struct names *names, const int *memfds)
{
	int r = 0;

	for (int kind = 0; r == 0 && kind < NAME_KINDS; kind++) {
		const struct region_kind shape = kind_of(kind);
		r = region_adopt(&names->kinds[kind], memfds[kind], &shape);
	}
	return r;
}

void names_close(struct names *names)
{
	for (int kind = 0; kind < NAME_KINDS; kind++)
		region_close(&names->kinds[kind]);
}

/* Adds a name. The first four bytes of a free slot are the number of the next free slot. */
uint32_t names_add(struct names *names, const char *name)
{
	size_t size = strlen(name) + 1;

	for (uint32_t kind = 0; kind < NAME_KINDS; kind++) {
		if (size > 16u << kind)
			continue;
		uint32_t slot = region_take(&names->kinds[kind]);
		if (!slot)
			return 0;
		memcpy(region_at(&names->kinds[kind], slot), name, size);
		return slot << KIND_BITS | kind;
	}
	return 0;
}

void names_drop(struct names *names, uint32_t handle)
{
	if (handle)
		region_give(&names->kinds[handle & 7], handle >> KIND_BITS);
}

const char *names_get(const struct names *names, uint32_t handle)
{
	return handle ? region_at(&names->kinds[handle & 7], handle >> KIND_BITS) : "";
}
