/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps of user or group ids: from the ids on the disk to those that the mount shows, and back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idmap_range {
	uint32_t disk;  /* first id of the range, on the disk */
	uint32_t shown; /* first id of the range, in the mount */
	uint32_t count;
};

/* The kernel accepts no map with more ranges (user_namespaces(7)). */
#define IDMAP_RANGES_MAX 340

struct idmap {
	struct idmap_range *ranges;
	size_t n;
	/* >= 0: the mount shows this id for every file, and new files get it on the disk. */
	int64_t squash;
	uint32_t overflow; /* shown for an id that no range covers */
};

/* Adds the ranges "[:]DISK:SHOWN:COUNT[:DISK:SHOWN:COUNT...]". Returns 0, -EINVAL or -ENOMEM. */
int idmap_add(struct idmap *map, const char *text);
/* Checks that a mount can use MAP: it needs ranges, and no two may overlap on either side. Returns
 * 0 or -EINVAL. */
int idmap_check(const struct idmap *map);
/*
 * Returns the ranges as text. WITHIN separates the three numbers of a range, BETWEEN two ranges.
 * idmap_add reads ':' and ':', the kernel ' ' and '\n'. The caller frees the text. Returns NULL
 * without memory.
 */
char *idmap_text(const struct idmap *map, char within, char between);
/* Removes the ranges, but keeps SQUASH. */
void idmap_clear(struct idmap *map);

/* Whether MAP, which may be NULL, shows one id for every file. */
bool idmap_squashes(const struct idmap *map);

/* Map an id. With MAP NULL it stays as it is. If no range covers it, idmap_shown returns
 * -EOVERFLOW, and idmap_show the overflow id. */
int64_t idmap_shown(const struct idmap *map, uint32_t disk);
uint32_t idmap_show(const struct idmap *map, uint32_t disk);
int64_t idmap_to_disk(const struct idmap *map, uint32_t shown);
/* Returns the owner on the disk of a new file of user SHOWN; the overflow id if no range covers
 * SHOWN. */
uint32_t idmap_owner(const struct idmap *map, uint32_t shown);
