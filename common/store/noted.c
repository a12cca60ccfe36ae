/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/noted.h"

#include "common/cleanup.h"

#include <pthread.h>
#include <stdlib.h>

/* The notes in the order that they came in, and a hash table of them that the first question
 * makes: open addressing, at most half full. */
struct shale_noted {
	pthread_mutex_t lock; /* guards the notes, while some are added */
	struct shale_note *notes;
	size_t n, room;
	size_t *slots; /* 1 and the index of a note; 0: free */
	size_t mask;   /* one less than their number, a power of two */
};

struct shale_noted *shale_noted_new(void)
{
	struct shale_noted *noted = calloc(1, sizeof(*noted));

	if (noted)
		pthread_mutex_init(&noted->lock, NULL);
	return noted;
}

void shale_noted_free(struct shale_noted *noted)
{
	if (!noted)
		return;
	pthread_mutex_destroy(&noted->lock);
	free(noted->notes);
	free(noted->slots);
	free(noted);
}

static int add(struct shale_noted *noted, const struct shale_note *note)
{
	if (noted->n == noted->room) {
		size_t room = noted->room ? 2 * noted->room : 256;
		void *grown = realloc(noted->notes, room * sizeof(*noted->notes));
		if (!grown)
			return -ENOMEM;
		noted->notes = grown;
		noted->room = room;
	}
	noted->notes[noted->n++] = *note;
	return 0;
}

int shale_noted_add(struct shale_noted *noted, const struct stat *st,
	const struct shale_digest *digest, bool plain)
{
	struct shale_note note = { .ino = st->st_ino, .digest = *digest, .plain = plain };

	shale_namestat_of(st, &note.stat);
	pthread_mutex_lock(&noted->lock);
	int r = add(noted, &note);
	pthread_mutex_unlock(&noted->lock);
	return r;
}

/* The slot of INO, or the free one where it would be. Numbers follow each other, mostly. */
static size_t *find_slot(const struct shale_noted *noted, ino_t ino)
{
	size_t at = ino & noted->mask;

	while (noted->slots[at] && noted->notes[noted->slots[at] - 1].ino != ino)
		at = (at + 1) & noted->mask;
	return &noted->slots[at];
}

/* The number of a removed file may have been used again: the last note counts. */
static bool make_slots(struct shale_noted *noted)
{
	size_t n = 1;

	while (n < 2 * noted->n)
		n *= 2;
	noted->slots = calloc(n, sizeof(*noted->slots));
	if (!noted->slots)
		return false;
	noted->mask = n - 1;
	for (size_t i = 0; i < noted->n; i++)
		*find_slot(noted, noted->notes[i].ino) = i + 1;
	return true;
}

const struct shale_note *shale_noted_find(struct shale_noted *noted, ino_t ino)
{
	if (noted->n == 0 || (!noted->slots && !make_slots(noted)))
		return NULL;
	size_t slot = *find_slot(noted, ino);
	return slot ? &noted->notes[slot - 1] : NULL;
}
