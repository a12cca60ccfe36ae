/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps of user or group ids: from those on the disk to those that the mount shows, and back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idmap_range {
	uint32_t disk;  /* first id in the layers */
	uint32_t shown; /* first id in the mount */
	uint32_t count;
};

/* The kernel accepts no longer map (user_namespaces(7)). */
#define IDMAP_RANGES_MAX 340

struct idmap {
	struct idmap_range *ranges;
	size_t n;
	/* >= 0: the mount shows this id for every file, and new files are kept with it. */
	int64_t squash;
	uint32_t overflow; /* shown for an id that no range covers */
};

/* Adds the ranges "[:]DISK:SHOWN:COUNT[:DISK:SHOWN:COUNT...]"; 0, -EINVAL or -ENOMEM. */
int idmap_add(struct idmap *map, const char *text);
/* -EINVAL unless a mount can use MAP: it has ranges, and no two of them overlap on either side. */
int idmap_check(const struct idmap *map);
/* The ranges as text: WITHIN stands between the three numbers of a range, BETWEEN between two
 * ranges. idmap_add reads ':' and ':', the kernel ' ' and '\n'. The caller frees it; NULL: no
 * memory. */
char *idmap_text(const struct idmap *map, char within, char between);
/* Removes the ranges; squash stays. */
void idmap_clear(struct idmap *map);

/* Whether MAP, which may be NULL, shows one id for all. */
bool idmap_squashes(const struct idmap *map);

/* MAP may be NULL: ids stay as they are. idmap_shown is -EOVERFLOW if no range covers the id;
 * idmap_show then returns the overflow id. */
int64_t idmap_shown(const struct idmap *map, uint32_t disk);
uint32_t idmap_show(const struct idmap *map, uint32_t disk);
int64_t idmap_to_disk(const struct idmap *map, uint32_t shown);
/* The owner on the disk of a new file of user SHOWN: the overflow id if no range covers it. */
uint32_t idmap_owner(const struct idmap *map, uint32_t shown);
