/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/listing.h"
#include "fuse/merge/lookup.h"

#include "common/cleanup.h"
#include "common/overlay/aufs.h"
#include "common/overlay/fdxattr.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>
#include <xxhash.h>

#define OFFSET_DOT    1u
#define OFFSET_DOTDOT 2u
#define OFFSET_FIRST  3u
#define MOST_KEPT     64 /* listings; the kernel asks for one in pieces, and then keeps it itself */
#define COUNTERS      64

struct entry {
	uint64_t hash;
	uint64_t ino;
	uint32_t name;     /* offset in the listing's names */
	uint8_t type;      /* DT_ */
	bool hidden : 1;   /* a whiteout in a layer above, or removed since */
	bool in_lower : 1; /* the layers below the upper one show it */
	uint16_t layer;
};

struct listing {
	uint32_t node;
	uint32_t users;
	bool dropped;
	bool outdated; /* the upper layer has got more since: of those below it, it still tells all
			*/
	struct entry *entries; /* sorted by hash, then name */
	size_t n, room, most;  /* of entries: with more, it is not worth it */
	char *names;
	size_t names_size, names_room;
	uint16_t layer;       /* that is being read */
	struct listing *next; /* most recently used first */
};

/* How often a name was looked for without a list at hand; of each directory, or the last one that
 * shares its counter. */
struct counter {
	uint32_t node;
	uint32_t times;
};

struct shale_listings {
	pthread_mutex_t
		lock; /* guards the list, the counters, and of each listing what may change */
	struct listing *first;
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

static void free_listing(struct listing *listing)
{
	free(listing->entries);
	free(listing->names);
	free(listing);
}

void shale_listings_close(struct shale_listings *listings)
{
	if (!listings)
		return;
	for (struct listing *at = listings->first, *next; at; at = next) {
		next = at->next;
		free_listing(at);
	}
	pthread_mutex_destroy(&listings->lock);
	free(listings);
}

static uint64_t hash_of(const char *name)
{
	uint64_t hash = XXH3_64bits(name, strlen(name)) >> 1;

	return hash < OFFSET_FIRST ? hash + OFFSET_FIRST : hash;
}

static int add_entry(
	struct listing *listing, const char *name, uint64_t ino, uint8_t type, bool hidden)
{
	size_t size = strlen(name) + 1;

	if (listing->n == listing->most)
		return -E2BIG;
	if (listing->n == listing->room) {
		size_t room = listing->room ? listing->room * 2 : 64;
		void *grown = realloc(listing->entries, room * sizeof(*listing->entries));
		if (!grown)
			return -ENOMEM;
		listing->entries = grown;
		listing->room = room;
	}
	if (listing->names_size + size > listing->names_room) {
		size_t room = (listing->names_room + size) * 2;
		void *grown = realloc(listing->names, room);
		if (!grown)
			return -ENOMEM;
		listing->names = grown;
		listing->names_room = room;
	}
	memcpy(listing->names + listing->names_size, name, size);
	listing->entries[listing->n++] = (struct entry){ .hash = hash_of(name),
		.ino = ino,
		.name = (uint32_t)listing->names_size,
		.type = type,
		.hidden = hidden,
		.layer = listing->layer };
	listing->names_size += size;
	return 0;
}

static bool is_hidden(struct shale_fs *fs, int fd, const struct dirent *entry, bool xwhiteouts)
{
	struct stat st;

	if (entry->d_type == DT_CHR || entry->d_type == DT_UNKNOWN)
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			shale_is_whiteout(&st))
			return true;
	return xwhiteouts && (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) &&
	       shale_is_xattr_whiteout(fd, entry->d_name, fs->options.class) == 1;
}

/* Whiteouts of aufs hide what lies in the layers below, not what lies beside them: they are added
 * last. */
static int add_aufs_whiteouts(DIR *dir, struct listing *listing)
{
	struct dirent *entry;
	int r = 0;

	rewinddir(dir);
	for (errno = 0; r == 0 && (entry = readdir(dir)); errno = 0)
		if (shale_aufs_is_mark(entry->d_name))
			r = add_entry(listing, shale_aufs_hidden(entry->d_name), 0, DT_CHR, true);
	return r < 0 ? r : -errno;
}

static void set_real_flag(struct shale_fs *fs, uint32_t real, uint16_t flag)
{
	pthread_mutex_lock(&fs->table.lock);
	shale_real_at(&fs->table, real)->flags |= flag;
	pthread_mutex_unlock(&fs->table.lock);
}

static int read_layer(struct shale_fs *fs, uint32_t real, struct listing *listing)
{
	bool aufs = fs->options.aufs && !shale_real_is_upper(fs, real), marks = false;
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	bool xwhiteouts = shale_fs_real_flags(fs, real) & SHALE_REAL_XWHITEOUTS;
	struct dirent *entry;
	int path = shale_fs_real_fd(fs, real, &ref);

	listing->layer = shale_real_at(&fs->table, real)->layer;
	if (path < 0)
		return path;
	auto_close int fd = sys(openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0)
		return fd;
	auto_closedir DIR *dir = fdopendir(fd);
	if (!dir)
		return -ENOMEM;
	int raw = steal_fd(&fd);
	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (aufs && shale_aufs_is_mark(entry->d_name)) {
			marks = true;
			continue;
		}
		int r = add_entry(listing, entry->d_name, entry->d_ino, entry->d_type,
			is_hidden(fs, raw, entry, xwhiteouts));
		if (r < 0)
			return r;
	}
	if (errno)
		return -errno;
	if (aufs && !marks)
		set_real_flag(fs, real, SHALE_REAL_NO_AUFS);
	return marks ? add_aufs_whiteouts(dir, listing) : 0;
}

static int compare(const void *a, const void *b, void *names)
{
	const struct entry *one = a, *other = b;

	if (one->hash != other->hash)
		return one->hash < other->hash ? -1 : 1;
	int r = strcmp((char *)names + one->name, (char *)names + other->name);
	if (r)
		return r;
	/* The upper layer was read first, so its names come first: what lies above decides. */
	return one->name < other->name ? -1 : one->name > other->name;
}

/* Sorted, and of each name the topmost alone, which learns of the topmost below the upper layer. */
static void merge(struct listing *listing, bool with_upper)
{
	struct entry *top = NULL;
	bool asked = false;
	size_t kept = 0;

	if (listing->n)
		qsort_r(listing->entries, listing->n, sizeof(*listing->entries), compare,
			listing->names);
	for (size_t i = 0; i < listing->n; i++) {
		const struct entry *entry = &listing->entries[i];
		bool lower = !with_upper || entry->layer != SHALE_LAYER_UPPER;
		if (!top || entry->hash != top->hash ||
			strcmp(listing->names + entry->name, listing->names + top->name) != 0) {
			top = &listing->entries[kept++];
			*top = *entry;
			asked = false;
		}
		if (lower && !asked)
			top->in_lower = !entry->hidden;
		asked |= lower;
	}
	listing->n = kept;
}

/* A directory of the upper layer alone, marked impure, out of which all has gone that was copied
 * up: the mark goes too, as the kernel does it at this opportunity. */
static void drop_needless_mark(struct shale_fs *fs, uint32_t real, const struct listing *listing)
{
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	const char *origin = shale_overlay_xattr(fs->options.class, "origin");

	if (!shale_real_is_upper(fs, real) || !(shale_fs_real_flags(fs, real) & SHALE_REAL_IMPURE))
		return;
	int fd = shale_fs_real_fd(fs, real, &ref);
	for (size_t i = 0; fd >= 0 && i < listing->n; i++)
		if (shale_getxattr_at(
			    fd, listing->names + listing->entries[i].name, origin, NULL, 0) >= 0)
			return;
	if (fd < 0 || shale_fremovexattr(fd, shale_overlay_xattr(fs->options.class, "impure")) < 0)
		return;
	pthread_mutex_lock(&fs->table.lock);
	shale_real_at(&fs->table, real)->flags &= (uint16_t)~SHALE_REAL_IMPURE;
	pthread_mutex_unlock(&fs->table.lock);
}

static int build(struct shale_fs *fs, uint32_t node, size_t most, struct listing **ret)
{
	uint32_t reals[SHALE_MOST_LAYERS];
	size_t n = shale_fs_reals(fs, node, reals);
	struct listing *listing = calloc(1, sizeof(*listing));
	int r = 0;

	if (!listing)
		return -ENOMEM;
	listing->node = node;
	listing->most = most;
	listing->users = 1;
	for (size_t i = 0; i < n && r == 0; i++)
		r = read_layer(fs, reals[i], listing);
	if (r < 0) {
		free_listing(listing);
		return r;
	}
	merge(listing, n > 0 && shale_real_is_upper(fs, reals[0]));
	if (n == 1)
		drop_needless_mark(fs, reals[0], listing);
	*ret = listing;
	return 0;
}

/* Takes out what AT points to; freed now, or by its last user. */
static void take_out(struct listing **at)
{
	struct listing *listing = *at;

	*at = listing->next;
	listing->dropped = true;
	if (!listing->users)
		free_listing(listing);
}

static struct listing **find(struct shale_listings *listings, uint32_t node)
{
	struct listing **at = &listings->first;

	while (*at && (*at)->node != node)
		at = &(*at)->next;
	return at;
}

static struct listing *get_kept(struct shale_listings *listings, uint32_t node, bool also_outdated)
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

static void keep(struct shale_listings *listings, struct listing *listing)
{
	size_t n = 0;

	pthread_mutex_lock(&listings->lock);
	struct listing **at = find(listings, listing->node);
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

static void release(struct shale_listings *listings, struct listing *listing)
{
	pthread_mutex_lock(&listings->lock);
	bool last = --listing->users == 0 && listing->dropped;
	pthread_mutex_unlock(&listings->lock);
	if (last)
		free_listing(listing);
}

/* The first entry whose hash is more than OFFSET. */
static size_t seek(const struct listing *listing, uint64_t offset)
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
static int tell(struct shale_listings *listings, struct listing *listing, uint64_t offset,
	shale_list_fn *fn, void *arg)
{
	for (size_t i = seek(listing, offset); i < listing->n; i++) {
		const struct entry *entry = &listing->entries[i];
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
static struct entry *find_entry(const struct listing *listing, const char *name)
{
	uint64_t hash = hash_of(name);

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
	struct listing *listing = get_kept(fs->listings, node, true);
	size_t most = listing ? 0 : worth_reading(fs->listings, node);

	if (most && build(fs, node, most, &listing) == 0)
		keep(fs->listings, listing);
	if (!listing)
		return 0;
	pthread_mutex_lock(&fs->listings->lock);
	const struct entry *entry = find_entry(listing, name);
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
	const struct listing *listing = *find(listings, node);
	if (listing) {
		const struct entry *entry = find_entry(listing, name);
		r = entry && entry->in_lower;
	}
	pthread_mutex_unlock(&listings->lock);
	return r;
}

int shale_fs_list_locked(
	struct shale_fs *fs, uint32_t node, uint64_t offset, shale_list_fn *fn, void *arg)
{
	struct shale_place place;
	struct listing *listing = get_kept(fs->listings, node, false);
	int r = tell_dots(fs, node, offset, fn, arg);

	shale_fs_place(fs, node, &place);
	if (r == 0 && !listing && !(place.flags & SHALE_NODE_UNLINKED)) {
		r = build(fs, node, SIZE_MAX, &listing);
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
	struct listing *listing = *find(listings, node);
	struct entry *entry = listing ? find_entry(listing, name) : NULL;
	if (entry)
		entry->hidden = true;
	pthread_mutex_unlock(&listings->lock);
}

void shale_listing_outdate(struct shale_fs *fs, uint32_t node)
{
	struct shale_listings *listings = fs->listings;

	pthread_mutex_lock(&listings->lock);
	struct listing *listing = *find(listings, node);
	if (listing)
		listing->outdated = true;
	pthread_mutex_unlock(&listings->lock);
}

void shale_listing_drop(struct shale_fs *fs, uint32_t node)
{
	struct shale_listings *listings = fs->listings;

	pthread_mutex_lock(&listings->lock);
	struct listing **at = find(listings, node);
	if (*at)
		take_out(at);
	pthread_mutex_unlock(&listings->lock);
}
