/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ids that a user namespace of the caller can have: its own, and the subordinate ones that
 * /etc/subuid and /etc/subgid grant (subuid(5)). */
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

/* The kernel takes no longer map (user_namespaces(7)). */
#define ID_RANGES_MAX 340

struct id_map {
	struct id_range ranges[ID_RANGES_MAX];
	size_t n;
};

/* Adds to MAP what GRANTS, in the form of /etc/subuid, give to user NAME or UID, from the first
 * free id inside on. Lines that make no sense, and ranges that overlap an
 * earlier one, are passed over. */
void id_map_add_grants(struct id_map *map, FILE *grants, const char *name, uid_t uid);
/* Adds all the ids of TABLE, in the form of /proc/self/uid_map, each as itself. */
void id_map_add_identity(struct id_map *map, FILE *table);
/* As the kernel wants it: a line "INSIDE OUTSIDE COUNT" a range. The caller's to free; NULL: no
 * memory. */
char *id_map_text(const struct id_map *map);
