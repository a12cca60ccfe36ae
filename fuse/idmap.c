/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/idmap.h"

#include "common/cleanup.h"

#include <ctype.h>

/* A number and the colon or the end behind it; moves TEXT past both. */
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

static int add_range(struct shale_idmap *map, const struct shale_idmap_range *range)
{
	void *grown = realloc(map->ranges, (map->n + 1) * sizeof(*map->ranges));

	if (!grown)
		return -ENOMEM;
	map->ranges = grown;
	map->ranges[map->n++] = *range;
	map->overflow = 65534;
	return 0;
}

int shale_idmap_add(struct shale_idmap *map, const char *text)
{
	if (*text == ':')
		text++;
	if (!*text)
		return -EINVAL;
	while (*text) {
		struct shale_idmap_range range;
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

void shale_idmap_clear(struct shale_idmap *map)
{
	free(map->ranges);
	map->ranges = NULL;
	map->n = 0;
}

uint32_t shale_idmap_show(const struct shale_idmap *map, uint32_t disk)
{
	if (!map)
		return disk;
	if (map->squash >= 0)
		return (uint32_t)map->squash;
	for (size_t i = 0; i < map->n; i++)
		if (disk - map->ranges[i].disk < map->ranges[i].count &&
			disk >= map->ranges[i].disk)
			return map->ranges[i].shown + (disk - map->ranges[i].disk);
	return map->n ? map->overflow : disk;
}

int64_t shale_idmap_to_disk(const struct shale_idmap *map, uint32_t shown)
{
	if (!map || (!map->n && map->squash < 0))
		return shown;
	for (size_t i = 0; i < map->n; i++)
		if (shown >= map->ranges[i].shown &&
			shown - map->ranges[i].shown < map->ranges[i].count)
			return map->ranges[i].disk + (shown - map->ranges[i].shown);
	return map->squash >= 0 ? (int64_t)shown : -EOVERFLOW;
}

uint32_t shale_idmap_owner(const struct shale_idmap *map, uint32_t shown)
{
	int64_t disk = shale_idmap_to_disk(map, shown);

	return disk < 0 ? map->overflow : (uint32_t)disk;
}
