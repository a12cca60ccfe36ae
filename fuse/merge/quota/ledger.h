/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hash table of the bytes that each inode of one filesystem takes on the disk, with their sum. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_entry {
	uint64_t ino;   /* 0: free */
	uint64_t bytes; /* 0 only in an entry that is just being made */
	bool beyond;    /* a program has allocated blocks beyond the end of the file */
};

struct ledger {
	struct ledger_entry *entries; /* ROOM entries, a power of two, with linear probing */
	size_t room, n;
	uint64_t sum;
};

void ledger_clear(struct ledger *ledger);
/* Returns the entry of INO, or NULL. The entry is valid until the next change of the ledger. */
struct ledger_entry *ledger_find(const struct ledger *ledger, uint64_t ino);
/* Returns the entry of INO, or makes it; NULL without memory. */
struct ledger_entry *ledger_get(struct ledger *ledger, uint64_t ino);
void ledger_set(struct ledger *ledger, struct ledger_entry *entry, uint64_t bytes);
void ledger_remove(struct ledger *ledger, uint64_t ino);
