/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/listing.h"
#include "fuse/merge/listing_build.h"
#include "fuse/merge/locate.h"

#include "common/cleanup.h"

#include <string.h>

#define OFFSET_DOT    1u
#define OFFSET_DOTDOT 2u
#define MOST_KEPT     64 /* listings; the kernel asks for one in pieces, and then keeps it itself */
#define COUNTERS      64

/* How often a name was looked for without a list at hand; of each directory, or the last one that
 * shares its counter. */
struct counter {
	uint32_t node;
	uint32_t times;
};

struct shale_listings {
	pthread_mutex_t lock; /* guards all below, and of each listing what may change */
	struct shale_listing *first;
	struct counter counters[COUNTERS];
};

int shale_listings_open(struct shale_listings **ret)
{
	struct shale_listings *listings = calloc(1, sizeof(*listings));

	if (!listings)
		return -ENOMEM;
	pthread_mutex_init(&listings->lock, NULL);
	*ret = listings;
	return 0;
}

void shale_listings_close(struct shale_listings *listings)
{
	if (!listings)
		return;
	for (struct shale_listing *at = listings->first, *next; at; at = next) {
		next = at->next;
		shale_listing_free(at);
	}
	pthread_mutex_destroy(&listings->lock);
	free(listings);
}

/* Takes out what AT points to; freed now, or by its last user. */
static void take_out(struct shale_listing **at)
{
	struct shale_listing *listing = *at;

	*at = listing->next;
	listing->dropped = true;
	if (!listing->users)
		shale_listing_free(listing);
}

static struct shale_listing **find(struct shale_listings *listings, uint32_t node)
{
	struct shale_listing **at = &listings->first;

	while (*at && (*at)->node != node)
		at = &(*at)->next;
	return at;
}

static struct shale_listing *get_kept(
	struct shale_listings *listings, uint32_t node, bool also_outdated)
{
	pthread_mutex_lock(&listings->lock);
	struct shale_listing **at = find(listings, node), *listing = *at;
	if (listing && listing->outdated && !also_outdated)
		listing = NULL;
	if (listing) {
		*at = listing->next;
		listing->next = listings->first;
		listings->first = listing;
		listing->users++;
	}
	pthread_mutex_unlock(&listings->lock);
	return listing;
}

static void keep(struct shale_listings *listings, struct shale_listing *listing)
{
	size_t n = 0;

	pthread_mutex_lock(&listings->lock);
	struct shale_listing **at = find(listings, listing->node);
	if (*at)
		take_out(at);
	listing->next = listings->first;
	listings->first = listing;
	for (at = &listings->first; *at;)
		if (++n > MOST_KEPT)
			take_out(at);
		else
			at = &(*at)->next;
	pthread_mutex_unlock(&listings->lock);
}

static void release(struct shale_listings *listings, struct shale_listing *listing)
{
	pthread_mutex_lock(&listings->lock);
	bool last = --listing->users == 0 && listing->dropped;
	pthread_mutex_unlock(&listings->lock);
	if (last)
		shale_listing_free(listing);
}

/* The first entry whose hash is more than OFFSET. */
static size_t seek(const struct shale_listing *listing, uint64_t offset)
{
	size_t low = 0, high = listing->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (listing->entries[middle].hash > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* An entry's offset is its hash. Names that share one are told as a group: only the last of them
 * carries it, the others the offset before, so that a reader who stops between them sees some
 * twice, none never. */
static int tell(struct shale_listings *listings, struct shale_listing *listing, uint64_t offset,
	shale_list_fn *fn, void *arg)
{
	for (size_t i = seek(listing, offset); i < listing->n; i++) {
		const struct shale_list_entry *entry = &listing->entries[i];
		bool shared = i + 1 < listing->n && listing->entries[i + 1].hash == entry->hash;
		pthread_mutex_lock(&listings->lock);
		bool hidden = entry->hidden;
		pthread_mutex_unlock(&listings->lock);
		if (hidden)
			continue;
		struct shale_listed listed = { .name = listing->names + entry->name,
			.ino = entry->ino,
			.type = DTTOIF(entry->type),
			.layer = entry->layer,
			.next = shared ? entry->hash - 1 : entry->hash };
		int r = fn(&listed, arg);
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

static uint64_t ino_of(struct shale_fs *fs, uint32_t node)
{
	struct shale_place place;

	shale_fs_place(fs, node, &place);
	return place.ino;
}

static int tell_dots(
	struct shale_fs *fs, uint32_t node, uint64_t offset, shale_list_fn *fn, void *arg)
{
	struct shale_listed dot = { .name = ".", .type = S_IFDIR, .next = OFFSET_DOT };
	struct shale_listed dotdot = { .name = "..", .type = S_IFDIR, .next = OFFSET_DOTDOT };
	struct shale_place place;
	int r = 0;

	shale_fs_place(fs, node, &place);
	dot.ino = place.ino;
	dotdot.ino = ino_of(fs, place.parent ? place.parent : node);
	if (offset < OFFSET_DOT)
		r = fn(&dot, arg);
	if (r == 0 && offset < OFFSET_DOTDOT)
		r = fn(&dotdot, arg);
	return r;
}

/* The lock of the listings is held. */
static struct shale_list_entry *find_entry(const struct shale_listing *listing, const char *name)
{
	uint64_t hash = shale_list_hash(name);

	for (size_t i = seek(listing, hash - 1); i < listing->n && listing->entries[i].hash == hash;
		i++)
		if (!strcmp(listing->names + listing->entries[i].name, name))
			return &listing->entries[i];
	return NULL;
}

/* 0, or how many entries a list may have that is to be read now: where names are looked for again
 * and again, more and more is spent on knowing them all. */
static size_t worth_reading(struct shale_listings *listings, uint32_t node)
{
	struct counter *counter = &listings->counters[node % COUNTERS];
	enum { FEW = 8, ENTRIES = 128 };

	pthread_mutex_lock(&listings->lock);
	if (counter->node != node)
		*counter = (struct counter){ .node = node };
	uint32_t times = ++counter->times;
	pthread_mutex_unlock(&listings->lock);
	return times >= FEW && !(times & (times - 1)) ? (size_t)times * ENTRIES : 0;
}

uint16_t shale_listing_layer(struct shale_fs *fs, uint32_t node, const char *name)
{
	struct shale_listing *listing = get_kept(fs->listings, node, true);
	size_t most = listing ? 0 : worth_reading(fs->listings, node);

	if (most && shale_listing_build(fs, node, most, &listing) == 0)
		keep(fs->listings, listing);
	if (!listing)
		return 0;
	pthread_mutex_lock(&fs->listings->lock);
	const struct shale_list_entry *entry = find_entry(listing, name);
	uint16_t layer = entry && !entry->hidden ? entry->layer : SHALE_NO_LAYER;
	pthread_mutex_unlock(&fs->listings->lock);
	release(fs->listings, listing);
	return layer;
}

int shale_listing_in_lower(struct shale_fs *fs, uint32_t node, const char *name)
{
	struct shale_listings *listings = fs->listings;
	int r = -ENODATA;

	pthread_mutex_lock(&listings->lock);
	const struct shale_listing *listing = *find(listings, node);
	if (listing) {
		const struct shale_list_entry *entry = find_entry(listing, name);
		r = entry && entry->in_lower;
	}
	pthread_mutex_unlock(&listings->lock);
	return r;
}

int shale_fs_list_locked(
	struct shale_fs *fs, uint32_t node, uint64_t offset, shale_list_fn *fn, void *arg)
{
	struct shale_place place;
	struct shale_listing *listing = get_kept(fs->listings, node, false);
	int r = tell_dots(fs, node, offset, fn, arg);

	shale_fs_place(fs, node, &place);
	if (r == 0 && !listing && !(place.flags & SHALE_NODE_UNLINKED)) {
		r = shale_listing_build(fs, node, SIZE_MAX, &listing);
		if (r == 0)
			keep(fs->listings, listing);
	}
	if (r == 0 && listing)
		r = tell(fs->listings, listing, offset < OFFSET_DOTDOT ? OFFSET_DOTDOT : offset, fn,
			arg);
	if (listing)
		release(fs->listings, listing);
	return r < 0 ? r : 0;
}

int shale_fs_list(struct shale_fs *fs, uint32_t node, uint64_t offset, shale_list_fn *fn, void *arg)
{
	pthread_rwlock_rdlock(&fs->tree);
	int r = shale_fs_list_locked(fs, node, offset, fn, arg);
	pthread_rwlock_unlock(&fs->tree);
	return r;
}

void shale_listing_remove(struct shale_fs *fs, uint32_t node, const char *name)
{
	struct shale_listings *listings = fs->listings;

	pthread_mutex_lock(&listings->lock);
	struct shale_listing *listing = *find(listings, node);
	struct shale_list_entry *entry = listing ? find_entry(listing, name) : NULL;
	if (entry)
		entry->hidden = true;
	pthread_mutex_unlock(&listings->lock);
}

void shale_listing_outdate(struct shale_fs *fs, uint32_t node)
{
	struct shale_listings *listings = fs->listings;

	pthread_mutex_lock(&listings->lock);
	struct shale_listing *listing = *find(listings, node);
	if (listing)
		listing->outdated = true;
	pthread_mutex_unlock(&listings->lock);
}

void shale_listing_drop(struct shale_fs *fs, uint32_t node)
{
	struct shale_listings *listings = fs->listings;

	pthread_mutex_lock(&listings->lock);
	struct shale_listing **at = find(listings, node);
	if (*at)
		take_out(at);
	pthread_mutex_unlock(&listings->lock);
}
