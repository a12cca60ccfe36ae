/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/descriptors/fdcache.h"

#include "common/base/scope.h"
#include "fuse/merge/table/kept_state.h"

int fdcache_open(struct fdcache *cache)
{
	*cache = (struct fdcache){ .n_buckets = 1024 };
	pthread_mutex_init(&cache->lock, NULL);
	cache->ring.newer = cache->ring.older = &cache->ring;
	cache->buckets = calloc(cache->n_buckets, sizeof(*cache->buckets));
	return cache->buckets ? 0 : -ENOMEM;
}

void fdcache_limit(struct fdcache *cache, uint32_t most, uint32_t all, uint32_t most_pinned)
{
	pthread_mutex_lock(&cache->lock);
	cache->most = most;
	cache->most_of_all = all;
	cache->most_pinned = most_pinned;
	pthread_mutex_unlock(&cache->lock);
}

static struct fd **bucket_of(struct fdcache *cache, uint64_t key)
{
	return &cache->buckets[(key * 0x9e3779b97f4a7c15u >> 40) & (cache->n_buckets - 1)];
}

static void leave_ring(struct fd *fd)
{
	fd->newer->older = fd->older;
	fd->older->newer = fd->newer;
	fd->newer = fd->older = fd;
}

/* Makes FD the newest descriptor in the ring. The ring's head links both ends: its OLDER is the
 * newest descriptor, its NEWER the oldest. */
static void enter_ring(struct fdcache *cache, struct fd *fd)
{
	fd->newer = &cache->ring;
	fd->older = cache->ring.older;
	fd->older->newer = fd;
	cache->ring.older = fd;
}

static void destroy(struct fd *fd)
{
	close(fd->fd);
	free(fd);
}

/* Clears the slot before the descriptor is closed: a descriptor's number may be used again, and
 * another worker must not take it for this one. */
static void erase_slot(struct fdcache *cache, struct fd *fd)
{
	if (!fd->slot)
		return;
	((struct pinned *)region_at(cache->pins, fd->slot))->key = 0;
	kept_barrier();
	region_give(cache->pins, fd->slot);
	fd->slot = 0;
}

/* Notes a pinned descriptor for the next worker. Without memory there is no note, and the
 * descriptor is lost if this worker dies. */
static void note_slot(struct fdcache *cache, struct fd *fd)
{
	fd->slot = cache->pins ? region_take(cache->pins) : 0;
	if (!fd->slot)
		return;
	struct pinned *pinned = region_at(cache->pins, fd->slot);
	pinned->fd = fd->fd;
	kept_barrier();
	pinned->key = fd->key;
}

static void take_out(struct fdcache *cache, struct fd *fd)
{
	struct fd **at = bucket_of(cache, fd->key);

	while (*at != fd)
		at = &(*at)->chain;
	*at = fd->chain;
	leave_ring(fd);
	cache->n -= !fd->pinned;
	cache->n_pinned -= fd->pinned;
	fd->dropped = true;
	erase_slot(cache, fd);
	if (!fd->users)
		destroy(fd);
}

void fdcache_close(struct fdcache *cache)
{
	for (uint32_t i = 0; cache->buckets && i < cache->n_buckets; i++)
		while (cache->buckets[i])
			take_out(cache, cache->buckets[i]);
	free(cache->buckets);
	cache->buckets = NULL;
	pthread_mutex_destroy(&cache->lock);
}

static struct fd *find(struct fdcache *cache, uint64_t key)
{
	struct fd *fd = *bucket_of(cache, key);

	while (fd && fd->key != key)
		fd = fd->chain;
	return fd;
}

static struct fd *use(struct fdcache *cache, struct fd *fd)
{
	leave_ring(fd);
	if (!fd->pinned)
		enter_ring(cache, fd);
	fd->users++;
	fd->used = cache->round;
	return fd;
}

/* Pins a descriptor: takes it out of the ring, because make_room must never close it. */
static void pin(struct fdcache *cache, struct fd *fd, bool pinned)
{
	if (!pinned || fd->pinned)
		return;
	leave_ring(fd);
	fd->pinned = true;
	cache->n--;
	cache->n_pinned++;
	note_slot(cache, fd);
}

struct fd *fdcache_get(struct fdcache *cache, uint64_t key)
{
	pthread_mutex_lock(&cache->lock);
	struct fd *fd = find(cache, key);
	if (fd)
		use(cache, fd);
	pthread_mutex_unlock(&cache->lock);
	return fd;
}

static bool is_full(const struct fdcache *cache)
{
	return cache->n >= cache->most || cache->n + cache->n_pinned >= cache->most_of_all;
}

/* Closes descriptors that have no user, least recently used first. Looks only at a few, so that
 * adding one stays cheap. */
static void make_room(struct fdcache *cache)
{
	struct fd *fd = cache->ring.newer;

	for (int tries = 0; is_full(cache) && tries < 64 && fd != &cache->ring; tries++) {
		struct fd *next = fd->newer;
		if (!fd->users)
			take_out(cache, fd);
		fd = next;
	}
}

struct fd *fdcache_add(struct fdcache *cache, uint64_t key, int raw, bool pinned)
{
	struct fd *fd = malloc(sizeof(*fd));

	if (!fd) {
		close(raw);
		return NULL;
	}
	pthread_mutex_lock(&cache->lock);
	struct fd *there = find(cache, key);
	if (there) {
		use(cache, there);
		pin(cache, there, pinned);
		pthread_mutex_unlock(&cache->lock);
		close(raw);
		free(fd);
		return there;
	}
	make_room(cache);
	struct fd **bucket = bucket_of(cache, key);
	*fd = (struct fd){ .newer = fd,
		.older = fd,
		.fd = raw,
		.users = 1,
		.used = cache->round,
		.key = key,
		.cache = cache,
		.chain = *bucket };
	*bucket = fd;
	enter_ring(cache, fd);
	cache->n++;
	pin(cache, fd, pinned);
	pthread_mutex_unlock(&cache->lock);
	return fd;
}

static int adopt_slot(struct fdcache *cache, uint32_t slot)
{
	const struct pinned *pinned = region_at(cache->pins, slot);
	struct fd *fd = malloc(sizeof(*fd));

	if (!fd)
		return -ENOMEM;
	struct fd **bucket = bucket_of(cache, pinned->key);
	*fd = (struct fd){ .newer = fd,
		.older = fd,
		.fd = pinned->fd,
		.pinned = true,
		.slot = slot,
		.key = pinned->key,
		.cache = cache,
		.chain = *bucket };
	*bucket = fd;
	cache->n_pinned++;
	return 0;
}

int fdcache_adopt(struct fdcache *cache, struct region *pins)
{
	auto_free uint8_t *live = calloc(pins->capacity + 1, 1);
	int r = live ? 0 : -ENOMEM;

	cache->pins = pins;
	for (uint32_t slot = 1; r == 0 && slot < pins->capacity; slot++) {
		live[slot] = ((struct pinned *)region_at(pins, slot))->key != 0;
		if (live[slot])
			r = adopt_slot(cache, slot);
	}
	if (r == 0)
		region_rebuild(pins, live);
	return r;
}

bool fdcache_may_pin(struct fdcache *cache)
{
	pthread_mutex_lock(&cache->lock);
	bool may = cache->n_pinned < cache->most_pinned;
	pthread_mutex_unlock(&cache->lock);
	return may;
}

uint32_t fdcache_count_pinned(struct fdcache *cache)
{
	pthread_mutex_lock(&cache->lock);
	uint32_t n = cache->n_pinned;
	pthread_mutex_unlock(&cache->lock);
	return n;
}

void fd_release(struct fd *fd)
{
	if (!fd)
		return;
	struct fdcache *cache = fd->cache;
	pthread_mutex_lock(&cache->lock);
	bool last = --fd->users == 0 && fd->dropped;
	pthread_mutex_unlock(&cache->lock);
	if (last)
		destroy(fd);
}

void fdcache_drop(struct fdcache *cache, uint64_t key)
{
	pthread_mutex_lock(&cache->lock);
	struct fd *fd = find(cache, key);
	if (fd)
		take_out(cache, fd);
	pthread_mutex_unlock(&cache->lock);
}

static void close_those(struct fdcache *cache, bool all)
{
	for (struct fd *fd = cache->ring.newer, *next; fd != &cache->ring; fd = next) {
		next = fd->newer;
		if (!fd->users && (all || fd->used != cache->round))
			take_out(cache, fd);
	}
}

void fdcache_close_readers(struct fdcache *cache)
{
	pthread_mutex_lock(&cache->lock);
	for (struct fd *fd = cache->ring.newer, *next; fd != &cache->ring; fd = next) {
		next = fd->newer;
		if (!fd->users && fd->key >> 32 == FD_READ)
			take_out(cache, fd);
	}
	pthread_mutex_unlock(&cache->lock);
}

void fdcache_close_unused(struct fdcache *cache)
{
	pthread_mutex_lock(&cache->lock);
	close_those(cache, true);
	pthread_mutex_unlock(&cache->lock);
}

bool fdcache_close_idle(struct fdcache *cache)
{
	pthread_mutex_lock(&cache->lock);
	close_those(cache, false);
	cache->round++;
	bool left = cache->n > 0;
	pthread_mutex_unlock(&cache->lock);
	return left;
}

void ref_release(struct ref *ref)
{
	if (ref->cached)
		fd_release(ref->cached);
	else if (!ref->borrowed)
		cleanup_close(&ref->fd);
	*ref = REF_NONE;
}
