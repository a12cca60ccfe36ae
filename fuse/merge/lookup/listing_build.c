/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/listing_build.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/descriptors/locate.h"

#include "common/base/scope.h"
#include "common/overlay/aufs.h"
#include "common/overlay/engine_marks.h"
#include "common/overlay/layer_name.h"

#include <fcntl.h>
#include <string.h>
#include <xxhash.h>

void listing_free(struct listing *listing)
{
	free(listing->entries);
	free(listing->names);
	free(listing);
}

uint32_t list_place(const char *name)
{
	uint32_t place = (uint32_t)(XXH3_64bits(name, strlen(name)) >> 33);

	/* Leave offsets free at the end, for names with equal hashes. */
	place -= place >> 8;
	return place < LIST_FIRST ? place + LIST_FIRST : place;
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
	listing->entries[listing->n++] = (struct list_entry){ .ino = ino_compose(
								      listing->filesystem, ino),
		.offset = list_place(name),
		.name = (uint32_t)listing->names_size,
		.type = type,
		.hidden = hidden,
		.layer = listing->layer };
	listing->names_size += size;
	return 0;
}

/* Adds aufs whiteouts (".wh.NAME") after all names of the layer: they hide names of the layers
 * below, and not of their own layer. */
static int add_aufs_whiteouts(DIR *dir, bool engine, struct listing *listing)
{
	struct dirent *entry;
	int r = 0;

	rewinddir(dir);
	for (errno = 0; r == 0 && (entry = readdir(dir)); errno = 0)
		if (engine ? engine_mark_at(dirfd(dir), entry->d_name)
			   : aufs_is_mark(entry->d_name))
			r = add_entry(listing, aufs_hidden(entry->d_name), 0, DT_CHR, true);
	return r < 0 ? r : -errno;
}

static void set_real_flag(struct fs *fs, uint32_t real, uint16_t flag)
{
	pthread_mutex_lock(&fs->table.lock);
	real_at(&fs->table, real)->flags |= flag;
	pthread_mutex_unlock(&fs->table.lock);
}

/* Opens a real directory to read its names. LOAN must live until they are read. */
static int open_list(struct fs *fs, uint32_t real, int path, struct loan *loan)
{
	bool quiet = fs->options.atime == ATIME_NEVER || fs->options.no_dir_atime ||
		     !locate_real_is_upper(fs, real);
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (quiet ? O_NOATIME : 0);
	int fd = with_room(fs, sys(openat(path, ".", flags)));

	if (fd == -EACCES && loan_take(&fs->loans, path, S_IRUSR | S_IXUSR, loan) == 0)
		fd = with_room(fs, sys(openat(path, ".", flags)));
	if (fd == -EPERM) /* only the owner may use O_NOATIME */
		fd = with_room(fs, sys(openat(path, ".", flags & ~O_NOATIME)));
	return fd;
}

/* Notes the filesystem of the directory: on btrfs it may be another subvolume than the layer's
 * root. */

static int note_filesystem(struct fs *fs, int dir, struct listing *listing)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return -errno;
	pthread_mutex_lock(&fs->table.lock);
	listing->filesystem = table_filesystem(&fs->table, st.st_dev);
	pthread_mutex_unlock(&fs->table.lock);
	return 0;
}

static int read_layer(struct fs *fs, uint32_t real, struct listing *listing)
{
	bool marks = false;
	auto_loan struct loan loan = LOAN_NONE;
	auto_ref struct ref ref = REF_NONE;
	const struct layer_rules rules = { .class = fs->options.class,
		.aufs = locate_has_aufs(fs, real),
		.engine = locate_has_engine_marks(fs, real),
		.xattr_whiteouts = locate_real_flags(fs, real) & REAL_XWHITEOUTS };
	struct dirent *entry;
	int path = locate_real_fd(fs, real, &ref);

	listing->layer = real_at(&fs->table, real)->layer;
	if (path < 0)
		return path;
	auto_close int fd = open_list(fs, real, path, &loan);
	int noted = fd < 0 ? fd : note_filesystem(fs, fd, listing);
	if (noted < 0)
		return noted;
	auto_closedir DIR *dir = fdopendir(fd);
	if (!dir)
		return -ENOMEM;
	int raw = steal_fd(&fd);
	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		int kind = layer_judge_listed(&rules, raw, entry->d_name, entry->d_type);
		if (kind == LAYER_MARK) {
			marks = true;
			continue;
		}
		int r = add_entry(listing, entry->d_name, entry->d_ino, entry->d_type,
			kind == LAYER_WHITEOUT);
		if (r < 0)
			return r;
	}
	if (errno)
		return -errno;
	/* Only of a lower directory: an upper one may get marks later. */
	if (rules.aufs && !marks && !locate_real_is_upper(fs, real))
		set_real_flag(fs, real, REAL_NO_AUFS);
	return marks ? add_aufs_whiteouts(dir, rules.engine, listing) : 0;
}

static int compare(const void *a, const void *b, void *names)
{
	const struct list_entry *one = a, *other = b;

	if (one->offset != other->offset)
		return one->offset < other->offset ? -1 : 1;
	int r = strcmp((char *)names + one->name, (char *)names + other->name);
	if (r)
		return r;
	/* Equal names: the higher layer was read first, so its name comes first, and counts. */
	return one->name < other->name ? -1 : one->name > other->name;
}

/* Sorts by one digit of the offset; keeps the order of entries with the same digit. */
static void sort_by_digit(
	const struct list_entry *from, struct list_entry *to, size_t n, unsigned int shift)
{
	enum { DIGITS = 2048 };
	size_t at[DIGITS] = { 0 }, before = 0;

	for (size_t i = 0; i < n; i++)
		at[from[i].offset >> shift & (DIGITS - 1)]++;
	for (size_t i = 0; i < DIGITS; i++) {
		size_t count = at[i];
		at[i] = before;
		before += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[from[i].offset >> shift & (DIGITS - 1)]++] = from[i];
}

/* Sorts a long list by digits, in time proportional to its length. */
static int sort_long(struct listing *listing)
{
	struct list_entry *entries = listing->entries;
	auto_free struct list_entry *other = malloc(listing->n * sizeof(*other));
	size_t n = listing->n, end;

	if (!other)
		return -ENOMEM;
	sort_by_digit(entries, other, n, 0);
	sort_by_digit(other, entries, n, 11);
	sort_by_digit(entries, other, n, 22);
	memcpy(entries, other, n * sizeof(*other));
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && entries[end].offset == entries[i].offset;)
			end++;
		if (end - i > 1)
			qsort_r(&entries[i], end - i, sizeof(*entries), compare, listing->names);
	}
	return 0;
}

static void sort(struct listing *listing)
{
	enum { LONG = 4096 };

	if (listing->n >= LONG && sort_long(listing) == 0)
		return;
	if (listing->n)
		qsort_r(listing->entries, listing->n, sizeof(*listing->entries), compare,
			listing->names);
}

/* Sorts the entries, and keeps of each name the one of the topmost layer. Notes in it whether a
 * lower layer shows the name. */
static void merge(struct listing *listing, const struct fs *fs)
{
	struct list_entry *top = NULL;
	bool asked = false;
	size_t kept = 0;

	sort(listing);
	for (size_t i = 0; i < listing->n; i++) {
		const struct list_entry *entry = &listing->entries[i];
		bool lower = !fs->has_upper || entry->layer != fs->top;
		if (!top || entry->offset != top->offset ||
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

/* Gives different offsets to names with equal hashes. */
static void spread_offsets(struct listing *listing)
{
	for (size_t i = 1; i < listing->n; i++)
		if (listing->entries[i].offset <= listing->entries[i - 1].offset)
			listing->entries[i].offset = listing->entries[i - 1].offset + 1;
}

int listing_build(struct fs *fs, uint32_t node, size_t most, struct listing **ret)
{
	uint32_t reals[MOST_LAYERS];
	size_t n = locate_reals(fs, node, reals);
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
		listing_free(listing);
		return r;
	}
	merge(listing, fs);
	spread_offsets(listing);
	*ret = listing;
	return 0;
}
