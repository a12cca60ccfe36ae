/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ids that the caller's user namespace can have: the caller's own id, and the subordinate ids
 * that /etc/subuid and /etc/subgid grant (subuid(5)). */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct id_range {
	uint32_t inside; /* first id of the range in the namespace */
	uint32_t outside;
	uint32_t count;
};

/* The kernel accepts no map with more ranges (user_namespaces(7)). */
#define ID_RANGES_MAX 340

struct id_map {
	struct id_range ranges[ID_RANGES_MAX];
	size_t n;
};

/*
 * Adds ranges to MAP, from the first unused id inside the namespace on. GRANTS is a file like
 * /etc/subuid; takes those that it grants to user NAME or UID. Ignores malformed lines, and ranges
 * that overlap an earlier one.
 */
void subid_add_grants(struct id_map *map, FILE *grants, const char *name, uid_t uid);
/* Maps all ids of TABLE, a file like /proc/self/uid_map, each to itself. */
void subid_add_identity(struct id_map *map, FILE *table);
/* Returns the map in the kernel's format: one line "INSIDE OUTSIDE COUNT" for each range. The
 * caller frees it. Returns NULL without memory. */
char *subid_map_text(const struct id_map *map);
