/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/quota/ledger.h"

#include <stdlib.h>

#define ROOM_MIN 64

static size_t home_of(const struct ledger *ledger, uint64_t ino)
{
	return (size_t)((ino * 0x9e3779b97f4a7c15u) >> 17) & (ledger->room - 1);
}

static size_t slot_of(const struct ledger *ledger, uint64_t ino)
{
	size_t i = home_of(ledger, ino);

	while (ledger->entries[i].ino && ledger->entries[i].ino != ino)
		i = (i + 1) & (ledger->room - 1);
	return i;
}

static bool resize(struct ledger *ledger, size_t room)
{
	struct ledger grown = { .entries = calloc(room, sizeof(*grown.entries)), .room = room };

	if (!grown.entries)
		return false;
	for (size_t i = 0; i < ledger->room; i++)
		if (ledger->entries[i].ino)
			grown.entries[slot_of(&grown, ledger->entries[i].ino)] = ledger->entries[i];
	free(ledger->entries);
	ledger->entries = grown.entries;
	ledger->room = room;
	return true;
}

void ledger_clear(struct ledger *ledger)
{
	free(ledger->entries);
	*ledger = (struct ledger){ 0 };
}

struct ledger_entry *ledger_find(const struct ledger *ledger, uint64_t ino)
{
	if (!ledger->room)
		return NULL;
	struct ledger_entry *entry = &ledger->entries[slot_of(ledger, ino)];
	return entry->ino ? entry : NULL;
}

struct ledger_entry *ledger_get(struct ledger *ledger, uint64_t ino)
{
	struct ledger_entry *entry = ledger_find(ledger, ino);

	if (entry)
		return entry;
	if ((ledger->n + 1) * 4 > ledger->room * 3 &&
		!resize(ledger, ledger->room ? ledger->room * 2 : ROOM_MIN))
		return NULL;
	entry = &ledger->entries[slot_of(ledger, ino)];
	*entry = (struct ledger_entry){ .ino = ino };
	ledger->n++;
	return entry;
}

void ledger_set(struct ledger *ledger, struct ledger_entry *entry, uint64_t bytes)
{
	ledger->sum += bytes - entry->bytes;
	entry->bytes = bytes;
}

void ledger_remove(struct ledger *ledger, uint64_t ino)
{
	struct ledger_entry *entry = ledger_find(ledger, ino);

	if (!entry)
		return;
	ledger->sum -= entry->bytes;
	ledger->n--;
	/* The table must have no gap: a search ends at a free entry. So move up entries that had to
	 * go further on because this one was in their place. */
	size_t mask = ledger->room - 1, hole = (size_t)(entry - ledger->entries);
	for (size_t i = (hole + 1) & mask; ledger->entries[i].ino; i = (i + 1) & mask) {
		size_t home = home_of(ledger, ledger->entries[i].ino);
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		ledger->entries[hole] = ledger->entries[i];
		hole = i;
	}
	ledger->entries[hole].ino = 0;
}
