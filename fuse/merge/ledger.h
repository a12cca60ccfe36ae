/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each inode of one filesystem takes on the disk, as far as it was told, and the sum. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shale_ledger_entry {
	uint64_t ino;   /* 0: free */
	uint64_t bytes; /* 0 only while it is being made */
	bool beyond;    /* of the file's own wish there are blocks beyond its end */
};

struct shale_ledger {
	struct shale_ledger_entry *entries; /* a power of two of them, probed in line */
	size_t room, n;
	uint64_t sum;
};

void shale_ledger_clear(struct shale_ledger *ledger);
/* The entry of INO, or NULL. It lives until the next call that changes the ledger. */
struct shale_ledger_entry *shale_ledger_find(const struct shale_ledger *ledger, uint64_t ino);
/* The same, made if there is none; NULL: no memory. */
struct shale_ledger_entry *shale_ledger_get(struct shale_ledger *ledger, uint64_t ino);
void shale_ledger_set(
	struct shale_ledger *ledger, struct shale_ledger_entry *entry, uint64_t bytes);
void shale_ledger_remove(struct shale_ledger *ledger, uint64_t ino);
