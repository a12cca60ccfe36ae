/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff/seen_links.h"

#include "common/base/scope.h"

#include <string.h>

/* A slot of the hash table is 0 if it is free. Otherwise its low bits are the offset of a file's
 * note plus one, and its high bits are bits of the file's hash. */
#define PLACE_BITS 40
#define PLACE_MASK ((UINT64_C(1) << PLACE_BITS) - 1)

/* One noted file. Its path, with a NUL, follows this struct in the list. */
struct note {
	uint64_t dev, ino;
	uint64_t length;
};

static uint64_t hash_of(uint64_t dev, uint64_t ino)
{
	uint64_t hash = (ino ^ dev << 48) * UINT64_C(0x9E3779B97F4A7C15);

	return hash ^ hash >> 32;
}

static void put(uint64_t *slots, size_t room, uint64_t hash, uint64_t place)
{
	size_t at = hash & (room - 1);

	while (slots[at])
		at = (at + 1) & (room - 1);
	slots[at] = (hash & ~PLACE_MASK) | (place + 1);
}

/* Grows the table, and fills it by reading the notes in order. */
static int grow(struct links *links)
{
	size_t room = links->room ? 2 * links->room : 64;
	auto_free uint64_t *slots = calloc(room, sizeof(*slots));
	struct note note;

	if (!slots)
		return -ENOMEM;
	for (uint64_t at = 0; at < spill_end(&links->notes); at += sizeof(note) + note.length) {
		int r = spill_read(&links->notes, at, &note, sizeof(note));
		if (r < 0)
			return r;
		put(slots, room, hash_of(note.dev, note.ino), at);
	}
	free(links->slots);
	links->slots = steal_ptr(&slots);
	links->room = room;
	return 0;
}

static int read_path(struct links *links, uint64_t place, size_t length)
{
	if (length > links->path_room) {
		char *path = realloc(links->path, 2 * length);
		if (!path)
			return -ENOMEM;
		links->path = path;
		links->path_room = 2 * length;
	}
	return spill_read(&links->notes, place + sizeof(struct note), links->path, length);
}

/* Looks for the file ST in the table. Returns 1 and its first path in PATH if it was noted. */
static int find(struct links *links, const struct stat *st, uint64_t hash)
{
	struct note note;
	uint64_t slot;

	for (size_t at = hash; (slot = links->slots[at & (links->room - 1)]); at++) {
		uint64_t place = (slot & PLACE_MASK) - 1;
		if ((slot ^ hash) & ~PLACE_MASK)
			continue;
		int r = spill_read(&links->notes, place, &note, sizeof(note));
		if (r < 0)
			return r;
		if (note.ino != st->st_ino || note.dev != st->st_dev)
			continue;
		r = read_path(links, place, note.length);
		return r < 0 ? r : 1;
	}
	return 0;
}

static int add(struct links *links, const struct stat *st, uint64_t hash, const char *path)
{
	const struct note note = { st->st_dev, st->st_ino, strlen(path) + 1 };
	uint64_t place = spill_end(&links->notes);

	if (place >= PLACE_MASK)
		return -ENOMEM;
	int r = spill_add(&links->notes, &note, sizeof(note));
	if (r == 0)
		r = spill_add(&links->notes, path, note.length);
	if (r == 0)
		put(links->slots, links->room, hash, place);
	links->n += r == 0;
	return r;
}

const char *seen_links_note(struct links *links, const struct stat *st, const char *path, int *ret)
{
	uint64_t hash = hash_of(st->st_dev, st->st_ino);

	*ret = 0;
	if (st->st_nlink < 2)
		return NULL;
	if (4 * links->n >= 3 * links->room)
		*ret = grow(links);
	int known = *ret == 0 ? find(links, st, hash) : *ret;
	if (known == 0)
		known = add(links, st, hash, path);
	*ret = known < 0 ? known : 0;
	return known > 0 ? links->path : NULL;
}

void seen_links_free(struct links *links)
{
	spill_free(&links->notes);
	free(links->slots);
	free(links->path);
	*links = LINKS;
}
