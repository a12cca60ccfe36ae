/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/subid.h"

#include "common/base/scope.h"

#include <stdbool.h>
#include <string.h>

static void add(struct id_map *map, uint32_t inside, uint32_t outside, uint32_t count)
{
	if (map->n < ID_RANGES_MAX && count > 0)
		map->ranges[map->n++] = (struct id_range){ inside, outside, count };
}

static uint64_t first_free(const struct id_map *map)
{
	uint64_t free_id = 0;

	for (size_t i = 0; i < map->n; i++) {
		uint64_t end = (uint64_t)map->ranges[i].inside + map->ranges[i].count;
		if (end > free_id)
			free_id = end;
	}
	return free_id;
}

/* Whether the range overlaps one of MAP, which the kernel would refuse. A range may be granted
 * twice: to a user's name and to the user's number. */
static bool overlaps(const struct id_map *map, uint32_t outside, uint32_t count)
{
	for (size_t i = 0; i < map->n; i++)
		if (outside < (uint64_t)map->ranges[i].outside + map->ranges[i].count &&
			map->ranges[i].outside < (uint64_t)outside + count)
			return true;
	return false;
}

static bool is_of(const char *owner, const char *name, uid_t uid)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", uid);
	return (name && !strcmp(owner, name)) || !strcmp(owner, number);
}

void subid_add_grants(struct id_map *map, FILE *grants, const char *name, uid_t uid)
{
	auto_free char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, grants) > 0) {
		uint32_t start, count;
		char *colon = strchr(line, ':');
		if (!colon || sscanf(colon, ":%u:%u", &start, &count) != 2)
			continue;
		*colon = 0;
		uint64_t inside = first_free(map);
		/* No range may hold the id (uint32_t)-1: it means "no id" in system calls. */
		if (is_of(line, name, uid) && (uint64_t)start + count <= UINT32_MAX &&
			inside + count <= UINT32_MAX && !overlaps(map, start, count))
			add(map, (uint32_t)inside, start, count);
	}
}

void subid_add_identity(struct id_map *map, FILE *table)
{
	uint32_t inside, outside, count;

	while (fscanf(table, "%u %u %u", &inside, &outside, &count) == 3)
		add(map, inside, inside, count);
}

char *subid_map_text(const struct id_map *map)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	for (size_t i = 0; file && i < map->n; i++)
		fprintf(file, "%u %u %u\n", map->ranges[i].inside, map->ranges[i].outside,
			map->ranges[i].count);
	/* open_memstream() fills in the text's address only when the stream is closed. */
	if (!file || fclose(file) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
