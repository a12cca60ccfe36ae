/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors opened on demand, shared while in use, and closed least recently used first. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "fuse/merge/table/region.h"

/* The upper half of a descriptor's key. The lower half is an index into the table. */
enum fd_kind {
	FD_REAL = 1, /* a real directory, O_PATH */
	FD_READ,     /* a regular file's node, O_RDONLY */
	FD_WRITE,    /* a regular file's node, O_RDWR: see writers.h */
	FD_PIN,      /* a node without a name, O_PATH; never closed to make room */
};
static inline uint64_t fd_key(enum fd_kind kind, uint32_t index)
{
	return (uint64_t)kind << 32 | index;
}

struct fdcache;

struct fd {
	int fd;
	uint32_t users;
	uint32_t used; /* the cache's ROUND when it was last used */
	bool pinned;
	bool dropped;  /* removed from the cache, so its last user closes it */
	uint32_t slot; /* slot in the cache's PINS if it is pinned; 0: no slot */
	uint64_t key;
	struct fdcache *cache;
	struct fd *chain;         /* next descriptor in its hash bucket */
	struct fd *newer, *older; /* list in order of use */
};

struct fdcache {
	/* Guards all fields here; may be taken while the table's lock is held. */
	pthread_mutex_t lock;
	struct fd **buckets;
	uint32_t n_buckets;
	uint32_t n, most; /* number of descriptors that are not pinned, and its limit */
	uint32_t n_pinned, most_pinned;
	uint32_t most_of_all;
	uint32_t round;      /* number of calls of fdcache_close_idle */
	struct region *pins; /* the pinned descriptors, for another worker; NULL: not kept */
	struct fd ring;      /* ring.newer: the least recently used; ring.older: the most */
};

/* Makes an empty cache. Until fdcache_limit is called, it keeps only descriptors that are in use or
 * pinned. */
int fdcache_open(struct fdcache *cache);
/* A slot of PINS. */
struct pinned {
	uint32_t next; /* next free slot */
	int32_t fd;
	uint64_t key; /* 0: free */
};
/* Takes over the descriptors that PINS names, and notes each pinned descriptor there from now on.
 */

int fdcache_adopt(struct fdcache *cache, struct region *pins);
/* Sets the limits: MOST descriptors that are not pinned, MOST_PINNED that are, and ALL together.
 * Descriptors in use may exceed them. */
void fdcache_limit(struct fdcache *cache, uint32_t most, uint32_t all, uint32_t most_pinned);
void fdcache_close(struct fdcache *cache);

/* Returns the cached descriptor of KEY, with one more user; NULL: there is no such descriptor. */
struct fd *fdcache_get(struct fdcache *cache, uint64_t key);
/* Adds FD, takes it over, and returns it with one user. If another thread has added a descriptor
 * for KEY, closes FD and returns that descriptor. Without memory closes FD and returns NULL. */
struct fd *fdcache_add(struct fdcache *cache, uint64_t key, int fd, bool pinned);
/* Whether the limits allow one more pinned descriptor. */
bool fdcache_may_pin(struct fdcache *cache);
uint32_t fdcache_count_pinned(struct fdcache *cache);
/* Ends one use of FD, which may be NULL. */
void fd_release(struct fd *fd);
/* Removes the descriptor of KEY from the cache. Its users keep it. */
void fdcache_drop(struct fdcache *cache, uint64_t key);

/* Closes descriptors of files' data (FD_READ) that have no user. */
void fdcache_close_readers(struct fdcache *cache);
/* Closes descriptors that have no user and are not pinned. */
void fdcache_close_unused(struct fdcache *cache);
/* Closes descriptors that were not used since the previous call. Returns true if any are left. */
bool fdcache_close_idle(struct fdcache *cache);

/* A descriptor for one scope: of this struct's own, of a cache, or borrowed. The scope's end
 * releases it. */
struct ref {
	int fd;
	struct fd *cached; /* not NULL: FD belongs to a cache */
	bool borrowed;     /* FD belongs to an owner that outlives this struct */
};
#define REF_NONE ((struct ref){ .fd = -1 })
void ref_release(struct ref *ref);
#define auto_ref __attribute__((cleanup(ref_release)))
