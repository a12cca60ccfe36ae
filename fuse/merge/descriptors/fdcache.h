/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A cache of descriptors. They are opened when needed and shared while in use; the least recently
 * used are closed first. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "fuse/merge/table/region.h"

/* The kind of a descriptor, in the upper half of its key. The lower half is an index into the
 * table. */
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
	uint32_t used; /* ROUND of the cache at its last use */
	bool pinned;
	bool dropped;  /* removed from the cache, so its last user closes it */
	uint32_t slot; /* slot in the cache's PINS if it is pinned; 0: no slot */
	uint64_t key;
	struct fdcache *cache;
	struct fd *chain;         /* next descriptor in its hash bucket */
	struct fd *newer, *older; /* neighbours in the ring, which is ordered by last use */
};

struct fdcache {
	/* Guards all fields here; may be taken while the table's lock is held. */
	pthread_mutex_t lock;
	struct fd **buckets;
	uint32_t n_buckets;
	uint32_t n, most; /* number of descriptors that are not pinned, and how many are allowed */
	uint32_t n_pinned, most_pinned;
	uint32_t most_of_all;
	uint32_t round; /* number of calls of fdcache_close_idle */
	/* Pinned descriptors, noted for the next worker; NULL: they are not noted. */
	struct region *pins;
	struct fd ring; /* its NEWER is the least recently used descriptor, its OLDER the most
			   recently used */
};

/* Makes an empty cache. Until fdcache_limit is called, it keeps only descriptors that are used or
 * pinned. */
int fdcache_open(struct fdcache *cache);
/* A slot of PINS. */
struct pinned {
	uint32_t next; /* next free slot */
	int32_t fd;
	uint64_t key; /* 0: free */
};
/* Takes over the pinned descriptors that an earlier worker has noted in PINS, and notes pinned ones
 * there from now on. */
int fdcache_adopt(struct fdcache *cache, struct region *pins);
/* Sets the limits on descriptors: MOST that are not pinned, MOST_PINNED that are, ALL of both
 * kinds. Those in use are kept even beyond the limits. */
void fdcache_limit(struct fdcache *cache, uint32_t most, uint32_t all, uint32_t most_pinned);
void fdcache_close(struct fdcache *cache);

/* Returns the cached descriptor of KEY, with one more user; NULL: none is cached. */
struct fd *fdcache_get(struct fdcache *cache, uint64_t key);
/* Adds FD, which the cache then owns, and returns it with one user. If another thread has added a
 * descriptor for KEY meanwhile, closes FD and returns the other one. Without memory closes FD and
 * returns NULL. */
struct fd *fdcache_add(struct fdcache *cache, uint64_t key, int fd, bool pinned);
/* Whether the limits allow one more pinned descriptor. */
bool fdcache_may_pin(struct fdcache *cache);
uint32_t fdcache_count_pinned(struct fdcache *cache);
/* Ends one use of FD, which may be NULL. */
void fd_release(struct fd *fd);
/* Removes the descriptor of KEY from the cache. Those who use it can go on. */
void fdcache_drop(struct fdcache *cache, uint64_t key);

/* Closes descriptors of files' data (FD_READ) that have no user. */
void fdcache_close_readers(struct fdcache *cache);
/* Closes descriptors that have no user and are not pinned. */
void fdcache_close_unused(struct fdcache *cache);
/* Closes descriptors that were not used since the previous call. Returns true if any are left. */
bool fdcache_close_idle(struct fdcache *cache);

/* A descriptor for the time of one scope: opened for it, or of a cache, or of another owner. The
 * end of the scope releases it. */
struct ref {
	int fd;
	struct fd *cached; /* not NULL: FD belongs to a cache */
	bool borrowed;     /* FD belongs to another owner, which lives longer than this struct */
};
#define REF_NONE ((struct ref){ .fd = -1 })
void ref_release(struct ref *ref);
#define auto_ref __attribute__((cleanup(ref_release)))
