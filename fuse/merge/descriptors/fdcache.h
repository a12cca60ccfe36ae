/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors opened on demand, shared while in use, and closed least recently used first. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "fuse/merge/table/region.h"

/* The upper half of a descriptor's key; the lower half is an index of the inode table. */
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
	uint32_t used; /* the cache's round at its last use */
	bool pinned;
	bool dropped;  /* not in the cache any more: its last user closes it */
	uint32_t slot; /* slot of a pinned one in the cache's PINS; 0: none */
	uint64_t key;
	struct fdcache *cache;
	struct fd *chain;         /* next in its bucket */
	struct fd *newer, *older; /* list in order of use */
};

struct fdcache {
	pthread_mutex_t lock; /* guards everything here; may be taken with the table's lock held */
	struct fd **buckets;
	uint32_t n_buckets;
	uint32_t n, most; /* number and limit, pinned ones not counted */
	uint32_t n_pinned, most_pinned;
	uint32_t most_of_all;
	uint32_t round;      /* number of calls of fdcache_close_idle */
	struct region *pins; /* which are pinned, for another worker; NULL: nowhere */
	struct fd ring;      /* ring.newer: the least recently used; ring.older: the most */
};

/* Until fdcache_limit is called, the cache keeps only descriptors that are in use or pinned. */
int fdcache_open(struct fdcache *cache);
/* A slot of PINS. */
struct pinned {
	uint32_t next; /* free slots */
	int32_t fd;
	uint64_t key; /* 0: free */
};
/* Takes over the descriptors that PINS names, and keeps it up from now on. */
int fdcache_adopt(struct fdcache *cache, struct region *pins);
/* Sets the limits: at most MOST that are not pinned, and at most ALL together, except those in
 * use. */
void fdcache_limit(struct fdcache *cache, uint32_t most, uint32_t all, uint32_t most_pinned);
void fdcache_close(struct fdcache *cache);

/* The cached descriptor, with one more user; or NULL. */
struct fd *fdcache_get(struct fdcache *cache, uint64_t key);
/* Adds FD, takes it over, and returns it with one user. If another thread has added one for KEY,
 * closes FD and returns that one. On failure (NULL, no memory) closes FD. */
struct fd *fdcache_add(struct fdcache *cache, uint64_t key, int fd, bool pinned);
/* Whether one more may be pinned. */
bool fdcache_may_pin(struct fdcache *cache);
uint32_t fdcache_count_pinned(struct fdcache *cache);
/* Releases one user's hold. FD may be NULL. */
void fd_release(struct fd *fd);
/* Removes KEY; users of its descriptor keep it. */
void fdcache_drop(struct fdcache *cache, uint64_t key);

/* Closes descriptors that have no user and are not pinned. */
void fdcache_close_unused(struct fdcache *cache);
/* Closes descriptors that were not used since the previous call. True if any are left. */
bool fdcache_close_idle(struct fdcache *cache);

/* A descriptor of this struct's own, or a borrowed one; released at the end of its scope. */
struct ref {
	int fd;
	struct fd *cached; /* NULL: FD is owned by this struct, or */
	bool borrowed;     /* belongs to an owner that outlives it */
};
#define REF_NONE ((struct ref){ .fd = -1 })
void ref_release(struct ref *ref);
#define auto_ref __attribute__((cleanup(ref_release)))
