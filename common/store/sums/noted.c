/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/sums/noted.h"

#include "common/base/scope.h"
#include "common/base/spill.h"

#include <pthread.h>
#include <stdlib.h>

/* The notes in the order in which they were added, and a hash table that is made at the first
 * search: open addressing, at most three quarters full. */
struct noted {
	pthread_mutex_t lock; /* guards the notes while they are added */
	struct spill notes;
	uint32_t n;
	/* A slot has an index of a note plus one in its low bits, and bits of the hash in its high
	 * bits; 0: the slot is free. */
	uint64_t *slots;
	size_t mask; /* number of slots, a power of two, minus one */
	struct note found;
};

struct noted *noted_new(void)
{
	struct noted *noted = calloc(1, sizeof(*noted));

	if (!noted)
		return NULL;
	noted->notes = SPILL;
	pthread_mutex_init(&noted->lock, NULL);
	return noted;
}

void noted_free(struct noted *noted)
{
	if (!noted)
		return;
	pthread_mutex_destroy(&noted->lock);
	spill_free(&noted->notes);
	free(noted->slots);
	free(noted);
}

/* Adds a note, unless there are too many. A file without a note is only read again later. */
static int add(struct noted *noted, const struct note *note)
{
	if (noted->n == UINT32_MAX)
		return 0;
	int r = spill_add(&noted->notes, note, sizeof(*note));
	noted->n += r == 0;
	return r;
}

int noted_add(struct noted *noted, const struct stat *st, const struct digest *digest, bool plain)
{
	struct note note = { .ino = st->st_ino, .plain = plain, .stale = !digest };

	if (digest)
		note.digest = *digest;
	namestat_of(st, &note.stat);
	pthread_mutex_lock(&noted->lock);
	int r = add(noted, &note);
	pthread_mutex_unlock(&noted->lock);
	return r;
}

static bool read_note(struct noted *noted, size_t i, struct note *ret)
{
	return spill_read(&noted->notes, i * sizeof(*ret), ret, sizeof(*ret)) == 0;
}

/* Hashes an inode number. Inode numbers are consecutive, so without a hash two groups of them
 * would collide. */
static uint64_t hash_of(ino_t ino)
{
	uint64_t hash = (uint64_t)ino * UINT64_C(0x9E3779B97F4A7C15);

	return hash ^ hash >> 32;
}

/* Fills the table from the last note to the first. An inode number may be used again after its file
 * was removed, so its last note must count: a search meets the last one first. */
static bool make_slots(struct noted *noted)
{
	struct note note;
	size_t n = 1;

	while (3 * n < 4 * ((size_t)noted->n + 1))
		n *= 2;
	noted->slots = calloc(n, sizeof(*noted->slots));
	if (!noted->slots)
		return false;
	noted->mask = n - 1;
	for (uint32_t i = noted->n; i-- > 0;) {
		if (!read_note(noted, i, &note))
			return false;
		uint64_t hash = hash_of(note.ino);
		size_t at = hash & noted->mask;
		while (noted->slots[at])
			at = (at + 1) & noted->mask;
		noted->slots[at] = (hash & ~(uint64_t)UINT32_MAX) | (i + UINT64_C(1));
	}
	return true;
}

const struct note *noted_find(struct noted *noted, ino_t ino)
{
	const uint64_t hash = hash_of(ino);
	uint64_t slot;

	if (noted->n == 0 || (!noted->slots && !make_slots(noted)))
		return NULL;
	for (size_t at = hash; (slot = noted->slots[at & noted->mask]); at++) {
		if ((slot ^ hash) >> 32)
			continue;
		if (!read_note(noted, (uint32_t)slot - 1, &noted->found))
			return NULL;
		if (noted->found.ino == ino)
			return noted->found.stale ? NULL : &noted->found;
	}
	return NULL;
}
