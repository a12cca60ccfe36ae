/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps of user or group ids: how those on disk are shown in the mount, and back. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct idmap_range {
	uint32_t disk;  /* first id, as the layers have it */
	uint32_t shown; /* and as the users of the mount see it */
	uint32_t count;
};

/* The kernel takes no longer map (user_namespaces(7)). */
#define IDMAP_RANGES_MAX 340

struct idmap {
	struct idmap_range *ranges;
	size_t n;
	int64_t squash;    /* >= 0: everything is shown as this id, and kept as it is */
	uint32_t overflow; /* shown for an id that no range covers */
};

/* Adds "[:]DISK:SHOWN:COUNT[:DISK:SHOWN:COUNT...]"; 0, -EINVAL or -ENOMEM. */
int idmap_add(struct idmap *map, const char *text);
/* -EINVAL unless MAP can be that of a mount: ranges, and ids on neither side in two of them. */
int idmap_check(const struct idmap *map);
/* The ranges as text, the three numbers of each with WITHIN between them, and BETWEEN between two
 * ranges: ':' and ':' is what idmap_add reads, ' ' and '\n' what the kernel does. The
 * caller's to free; NULL: no memory. */
char *idmap_text(const struct idmap *map, char within, char between);
/* Takes the ranges away; squash stays. */
void idmap_clear(struct idmap *map);

/* MAP may be NULL: ids are as they are. -EOVERFLOW when no range covers the id; _show then tells
 * the overflow id. */
int64_t idmap_shown(const struct idmap *map, uint32_t disk);
uint32_t idmap_show(const struct idmap *map, uint32_t disk);
int64_t idmap_to_disk(const struct idmap *map, uint32_t shown);
/* The owner on disk of a new file of SHOWN's: the overflow id when no range covers it. */
uint32_t idmap_owner(const struct idmap *map, uint32_t shown);
