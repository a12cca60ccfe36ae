/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/idmap.h"

#include "common/base/scope.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>

/* Parses a number, and the colon or the end after it. Moves *TEXT past both. */
static int parse_number(const char **text, uint32_t *ret)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	unsigned long long n = strtoull(*text, &end, 10);
	if (errno || n > UINT32_MAX || (*end && *end != ':'))
		return -EINVAL;
	*text = *end ? end + 1 : end;
	*ret = (uint32_t)n;
	return 0;
}

static int add_range(struct idmap *map, const struct idmap_range *range)
{
	void *grown = realloc(map->ranges, (map->n + 1) * sizeof(*map->ranges));

	if (!grown)
		return -ENOMEM;
	map->ranges = grown;
	map->ranges[map->n++] = *range;
	map->overflow = 65534;
	return 0;
}

int idmap_add(struct idmap *map, const char *text)
{
	if (*text == ':')
		text++;
	if (!*text)
		return -EINVAL;
	while (*text) {
		struct idmap_range range;
		int r = parse_number(&text, &range.disk);
		if (r == 0)
			r = parse_number(&text, &range.shown);
		if (r == 0)
			r = parse_number(&text, &range.count);
		if (r == 0)
			r = add_range(map, &range);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool overlap(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a < (uint64_t)b + b_count && b < (uint64_t)a + a_count;
}

/* No range may hold the id (uint32_t)-1: in system calls it means "no id". */
static bool is_range(uint32_t first, uint32_t count)
{
	return count > 0 && (uint64_t)first + count <= UINT32_MAX;
}

int idmap_check(const struct idmap *map)
{
	if (map->n == 0 || map->n > IDMAP_RANGES_MAX)
		return -EINVAL;
	for (size_t i = 0; i < map->n; i++) {
		const struct idmap_range *one = &map->ranges[i];
		if (!is_range(one->disk, one->count) || !is_range(one->shown, one->count))
			return -EINVAL;
		for (size_t j = 0; j < i; j++) {
			const struct idmap_range *other = &map->ranges[j];
			if (overlap(one->disk, one->count, other->disk, other->count) ||
				overlap(one->shown, one->count, other->shown, other->count))
				return -EINVAL;
		}
	}
	return 0;
}

char *idmap_text(const struct idmap *map, char within, char between)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	for (size_t i = 0; to && i < map->n; i++) {
		const struct idmap_range *range = &map->ranges[i];
		if (i)
			fputc(between, to);
		fprintf(to, "%u%c%u%c%u", range->disk, within, range->shown, within, range->count);
	}
	if (!to || fclose(to) != 0)
		return NULL;
	return steal_ptr(&text);
}

void idmap_clear(struct idmap *map)
{
	free(map->ranges);
	map->ranges = NULL;
	map->n = 0;
}

bool idmap_squashes(const struct idmap *map)
{
	return map && map->squash >= 0;
}

int64_t idmap_shown(const struct idmap *map, uint32_t disk)
{
	if (!map)
		return disk;
	if (map->squash >= 0)
		return map->squash;
	for (size_t i = 0; i < map->n; i++)
		if (disk - map->ranges[i].disk < map->ranges[i].count &&
			disk >= map->ranges[i].disk)
			return map->ranges[i].shown + (disk - map->ranges[i].disk);
	return map->n ? -EOVERFLOW : (int64_t)disk;
}

uint32_t idmap_show(const struct idmap *map, uint32_t disk)
{
	int64_t shown = idmap_shown(map, disk);

	return shown < 0 ? map->overflow : (uint32_t)shown;
}

int64_t idmap_to_disk(const struct idmap *map, uint32_t shown)
{
	if (!map || (!map->n && map->squash < 0))
		return shown;
	for (size_t i = 0; i < map->n; i++)
		if (shown >= map->ranges[i].shown &&
			shown - map->ranges[i].shown < map->ranges[i].count)
			return map->ranges[i].disk + (shown - map->ranges[i].shown);
	return map->squash >= 0 ? (int64_t)shown : -EOVERFLOW;
}

uint32_t idmap_owner(const struct idmap *map, uint32_t shown)
{
	int64_t disk = idmap_to_disk(map, shown);

	return disk < 0 ? map->overflow : (uint32_t)disk;
}
