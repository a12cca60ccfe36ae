/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/listing.h"
#include "fuse/merge/lookup/listing_build.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/lookup/upper_marks.h"

#include "common/base/scope.h"

#include <string.h>

#define OFFSET_DOT    1u
#define OFFSET_DOTDOT 2u
/* How many listings stay in memory, because the kernel reads a listing in pieces. */
#define MOST_KEPT 64
/* The most entries of all these listings together; a single listing may have more. */
#define MOST_ENTRIES (1u << 20)
/* READDIRPLUS sends attributes with names, which saves one request for each name that the reader
 * looks at. From the entry number FAR on, the daemon sends them only if the reader has looked at
 * some names before (LOOKS_AT_NAMES): otherwise they cost more than they save. */
#define FAR            8192u
#define LOOKS_AT_NAMES 16u
#define COUNTERS       64
#define FEW            8 /* after so many lookups in a directory, read its list */

/* Counts lookups in directories that have no listing. Several directories share a counter; NODE is
 * the one that used it last. */
struct counter {
	uint32_t node;
	uint32_t times;
};

struct listings {
	/* LOCK guards all fields below, and the fields of a listing that change. */
	pthread_mutex_t lock;
	struct listing *first;
	atomic_uint n_long; /* how many listings have more than FAR entries */
	struct counter counters[COUNTERS];
};

int listings_open(struct listings **ret)
{
	struct listings *listings = calloc(1, sizeof(*listings));

	if (!listings)
		return -ENOMEM;
	pthread_mutex_init(&listings->lock, NULL);
	*ret = listings;
	return 0;
}

void listings_close(struct listings *listings)
{
	if (!listings)
		return;
	for (struct listing *at = listings->first, *next; at; at = next) {
		next = at->next;
		listing_free(at);
	}
	pthread_mutex_destroy(&listings->lock);
	free(listings);
}

/* Removes the listing *AT from the chain. If it is in use, its last user frees it; else frees it
 * now. */
static void drop_listing(struct listings *listings, struct listing **at)
{
	struct listing *listing = *at;

	*at = listing->next;
	listing->dropped = true;
	listings->n_long -= listing->n > FAR;
	if (!listing->users)
		listing_free(listing);
}

static struct listing **find(struct listings *listings, uint32_t node)
{
	struct listing **at = &listings->first;

	while (*at && (*at)->node != node)
		at = &(*at)->next;
	return at;
}

static struct listing *get_kept(struct listings *listings, uint32_t node, bool also_outdated)
{
	pthread_mutex_lock(&listings->lock);
	struct listing **at = find(listings, node), *listing = *at;
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

static void keep(struct listings *listings, struct listing *listing)
{
	size_t n = 0, entries = 0;

	pthread_mutex_lock(&listings->lock);
	struct listing **at = find(listings, listing->node);
	if (*at)
		drop_listing(listings, at);
	listing->next = listings->first;
	listings->first = listing;
	listings->n_long += listing->n > FAR;
	for (at = &listings->first; *at;) {
		entries += (*at)->n;
		if (++n > MOST_KEPT || (n > 1 && entries > MOST_ENTRIES))
			drop_listing(listings, at);
		else
			at = &(*at)->next;
	}
	pthread_mutex_unlock(&listings->lock);
}

static void release(struct listings *listings, struct listing *listing)
{
	pthread_mutex_lock(&listings->lock);
	bool last = --listing->users == 0 && listing->dropped;
	pthread_mutex_unlock(&listings->lock);
	if (last)
		listing_free(listing);
}

/* Returns the index of the first entry whose offset is above OFFSET. */
static size_t seek(const struct listing *listing, uint64_t offset)
{
	size_t low = 0, high = listing->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (listing->entries[middle].offset > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Whether a lookup would report the same number and type as ENTRY. Not if the name may be a merged
 * directory, or a copied-up file (which shows its origin's number), nor with some other features of
 * layers. */
static bool is_sure(const struct fs *fs, const struct list_entry *entry)
{
	bool upper = fs->has_upper && entry->layer <= fs->top + fs->n_frozen;

	return entry->type != DT_DIR && entry->type != DT_UNKNOWN && !upper && !fs->index &&
	       fs->options.ownership != OWNERSHIP_OVERRIDE && !fs->layers[entry->layer].fickle;
}

/* Passes the entries after OFFSET to FN. */
static int report_entries(
	struct fs *fs, struct listing *listing, uint64_t offset, list_fn *fn, void *arg)
{
	struct listings *listings = fs->listings;

	for (size_t i = seek(listing, offset); i < listing->n; i++) {
		const struct list_entry *entry = &listing->entries[i];
		pthread_mutex_lock(&listings->lock);
		bool hidden = entry->hidden;
		bool far = i >= FAR && listing->looked_up < LOOKS_AT_NAMES;
		pthread_mutex_unlock(&listings->lock);
		if (hidden)
			continue;
		struct listed listed = { .name = listing->names + entry->name,
			.ino = entry->ino,
			.type = DTTOIF(entry->type),
			.layer = entry->layer,
			.sure = is_sure(fs, entry),
			.far = far,
			.next = entry->offset };
		int r = fn(&listed, arg);
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

static uint64_t ino_of(struct fs *fs, uint32_t node)
{
	struct place place;

	locate_place(fs, node, &place);
	return place.ino;
}

static int report_dots(struct fs *fs, uint32_t node, uint64_t offset, list_fn *fn, void *arg)
{
	struct listed dot = { .name = ".", .type = S_IFDIR, .next = OFFSET_DOT };
	struct listed dotdot = { .name = "..", .type = S_IFDIR, .next = OFFSET_DOTDOT };
	struct place place;
	int r = 0;

	locate_place(fs, node, &place);
	dot.ino = place.ino;
	dotdot.ino = ino_of(fs, place.parent ? place.parent : node);
	if (offset < OFFSET_DOT)
		r = fn(&dot, arg);
	if (r == 0 && offset < OFFSET_DOTDOT)
		r = fn(&dotdot, arg);
	return r;
}

/* Finds the entry of NAME; NULL: there is none. The caller holds the lock of the listings. */

static struct list_entry *find_entry(const struct listing *listing, const char *name)
{
	uint32_t place = list_place(name);

	/* If other names had this one's place, its entry is further on. */
	for (size_t i = seek(listing, place - 1); i < listing->n; i++) {
		const char *at = listing->names + listing->entries[i].name;
		if (!strcmp(at, name))
			return &listing->entries[i];
		if (list_place(at) > place)
			break;
	}
	return NULL;
}

/* Returns how long a list may be to be worth reading now; 0: none is worth it. After more lookups a
 * longer list is. */
static size_t worth_reading(struct listings *listings, uint32_t node)
{
	struct counter *counter = &listings->counters[node % COUNTERS];
	enum { ENTRIES = 128 };

	pthread_mutex_lock(&listings->lock);
	if (counter->node != node)
		*counter = (struct counter){ .node = node };
	uint32_t times = ++counter->times;
	pthread_mutex_unlock(&listings->lock);
	return times >= FEW && !(times & (times - 1)) ? (size_t)times * ENTRIES : 0;
}

static int read_directory(struct fs *fs, uint32_t node, size_t most, struct listing **ret)
{
	uint32_t reals[MOST_LAYERS];
	int r = listing_build(fs, node, most, ret);

	if (r == 0 && locate_reals(fs, node, reals) == 1)
		upper_marks_clear_impure(fs, reals[0], *ret);
	return r;
}

/* Returns the topmost layer that has NAME, or NO_LAYER. Ends the use of LISTING. */
static uint16_t layer_in(struct fs *fs, struct listing *listing, const char *name)
{
	pthread_mutex_lock(&fs->listings->lock);
	const struct list_entry *entry = find_entry(listing, name);
	uint16_t layer = entry && !entry->hidden ? entry->layer : NO_LAYER;
	pthread_mutex_unlock(&fs->listings->lock);
	release(fs->listings, listing);
	return layer;
}

uint16_t listing_layer(struct fs *fs, uint32_t node, const char *name)
{
	struct listing *listing = get_kept(fs->listings, node, true);
	size_t most = listing ? 0 : worth_reading(fs->listings, node);

	if (most && read_directory(fs, node, most, &listing) == 0)
		keep(fs->listings, listing);
	return listing ? layer_in(fs, listing, name) : 0;
}

uint16_t listing_layer_kept(struct fs *fs, uint32_t node, const char *name)
{
	struct listings *listings = fs->listings;

	pthread_mutex_lock(&listings->lock);
	const struct counter *counter = &listings->counters[node % COUNTERS];
	bool may_be = counter->node == node && counter->times >= FEW;
	pthread_mutex_unlock(&listings->lock);
	struct listing *listing = may_be ? get_kept(listings, node, true) : NULL;
	return listing ? layer_in(fs, listing, name) : 0;
}

void listing_absent(struct fs *fs, uint32_t node)
{
	size_t most = worth_reading(fs->listings, node);
	struct listing *listing = most ? get_kept(fs->listings, node, true) : NULL;

	if (most && !listing && read_directory(fs, node, most, &listing) == 0)
		keep(fs->listings, listing);
	if (listing)
		release(fs->listings, listing);
}

void listing_looked_up(struct fs *fs, uint32_t node)
{
	struct listings *listings = fs->listings;

	if (!atomic_load(&listings->n_long))
		return;
	pthread_mutex_lock(&listings->lock);
	struct listing *listing = *find(listings, node);
	if (listing)
		listing->looked_up++;
	pthread_mutex_unlock(&listings->lock);
}

int listing_in_lower(struct fs *fs, uint32_t node, const char *name)
{
	struct listings *listings = fs->listings;
	int r = -ENODATA;

	pthread_mutex_lock(&listings->lock);
	const struct listing *listing = *find(listings, node);
	if (listing) {
		const struct list_entry *entry = find_entry(listing, name);
		r = entry && entry->in_lower;
	}
	pthread_mutex_unlock(&listings->lock);
	return r;
}

int listing_list(struct fs *fs, uint32_t node, uint64_t offset, list_fn *fn, void *arg)
{
	struct place place;
	struct listing *listing = get_kept(fs->listings, node, false);
	int r = report_dots(fs, node, offset, fn, arg);

	locate_place(fs, node, &place);
	if (r == 0 && !listing && !(place.flags & NODE_UNLINKED)) {
		r = read_directory(fs, node, SIZE_MAX, &listing);
		if (r == 0)
			keep(fs->listings, listing);
	}
	if (r == 0 && listing)
		r = report_entries(
			fs, listing, offset < OFFSET_DOTDOT ? OFFSET_DOTDOT : offset, fn, arg);
	if (listing)
		release(fs->listings, listing);
	return r < 0 ? r : 0;
}

void listing_remove(struct fs *fs, uint32_t node, const char *name)
{
	struct listings *listings = fs->listings;

	pthread_mutex_lock(&listings->lock);
	struct listing *listing = *find(listings, node);
	struct list_entry *entry = listing ? find_entry(listing, name) : NULL;
	if (entry)
		entry->hidden = true;
	pthread_mutex_unlock(&listings->lock);
}

void listings_drop_all(struct fs *fs)
{
	struct listings *listings = fs->listings;

	pthread_mutex_lock(&listings->lock);
	while (listings->first)
		drop_listing(listings, &listings->first);
	pthread_mutex_unlock(&listings->lock);
}

void listing_outdate(struct fs *fs, uint32_t node)
{
	struct listings *listings = fs->listings;

	pthread_mutex_lock(&listings->lock);
	struct listing *listing = *find(listings, node);
	if (listing)
		listing->outdated = true;
	pthread_mutex_unlock(&listings->lock);
}

void listing_drop(struct fs *fs, uint32_t node)
{
	struct listings *listings = fs->listings;

	pthread_mutex_lock(&listings->lock);
	struct listing **at = find(listings, node);
	if (*at)
		drop_listing(listings, at);
	pthread_mutex_unlock(&listings->lock);
}

int fs_list(struct fs *fs, uint32_t node, uint64_t offset, list_fn *fn, void *arg)
{
	/* Read the directory again at each listing, so that the disk's filesystem updates its
	 * access time. */
	if (offset == 0 && fs->options.atime == ATIME_STRICT)
		listing_drop(fs, node);
	pthread_rwlock_rdlock(&fs->tree);
	int r = listing_list(fs, node, offset, fn, arg);
	pthread_rwlock_unlock(&fs->tree);
	return r;
}
