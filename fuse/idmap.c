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

int shale_idmap_parse(const char *text, struct shale_idmap *ret)
{
	struct shale_idmap map = { .squash = -1, .overflow = 65534 };

	if (*text == ':')
		text++;
	while (*text) {
		struct shale_idmap_range range;
		if (parse_number(&text, &range.shown) < 0 || parse_number(&text, &range.disk) < 0 ||
			parse_number(&text, &range.count) < 0) {
			free(map.ranges);
			return -EINVAL;
		}
		void *grown = realloc(map.ranges, (map.n + 1) * sizeof(*map.ranges));
		if (!grown) {
			free(map.ranges);
			return -ENOMEM;
		}
		map.ranges = grown;
		map.ranges[map.n++] = range;
	}
	if (!map.n)
		return -EINVAL;
	*ret = map;
	return 0;
}

void shale_idmap_free(struct shale_idmap *map)
{
	free(map->ranges);
	*map = (struct shale_idmap){ .squash = -1 };
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
