/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ids that a user namespace of the caller can have: the caller's own id, and the subordinate
 * ids that /etc/subuid and /etc/subgid grant (subuid(5)). */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct id_range {
	uint32_t inside; /* first id in the namespace */
	uint32_t outside;
	uint32_t count;
};

/* The kernel accepts no longer map (user_namespaces(7)). */
#define ID_RANGES_MAX 340

struct id_map {
	struct id_range ranges[ID_RANGES_MAX];
	size_t n;
};

/* Adds to MAP the ranges that GRANTS, a file like /etc/subuid, grants to user NAME or UID, starting
 * at the first unused id inside the namespace. Ignores malformed lines, and ranges that overlap an
 * earlier one. */
void subid_add_grants(struct id_map *map, FILE *grants, const char *name, uid_t uid);
/* Maps all ids of TABLE, a file like /proc/self/uid_map, each to itself. */
void subid_add_identity(struct id_map *map, FILE *table);
/* The map in the kernel's format: one line "INSIDE OUTSIDE COUNT" for each range. The caller frees
 * it; NULL: no memory. */
char *subid_map_text(const struct id_map *map);
