/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/descriptors/pins.h"
#include "fuse/merge/descriptors/reopen.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/overlay/opath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>

/* Copies the identity (device and number) of the node's real inode. The key of a broken lower hard
 * link is made from its name; then the real number comes from the inode number that the mount
 * shows. The caller holds table.lock. */
static void copy_identity(struct fs *fs, const struct node *node, struct place *ret)
{
	uint16_t layer = node->flags & NODE_UPPER || !node->where
				 ? fs->top
				 : real_at(&fs->table, node->where)->layer;

	ret->identified = node->flags & NODE_HASHED && node->fs < fs->table.kept->n_filesystems &&
			  !node->dirs && !fs->layers[layer].fickle;
	ret->dev = fs->table.kept->filesystems[node->fs];
	ret->number = node->flags & NODE_BY_NAME ? ino_compose(node->fs, node->ino) : node->key;
}

/* Copies the node's place from the table to RET. The caller holds table.lock. */
static void copy_place(struct fs *fs, uint32_t id, struct place *ret)
{
	const struct node *node = node_at(&fs->table, id);
	*ret = (struct place){ .parent = node->parent,
		.where = node->where,
		.dirs = node->dirs,
		.data = node->data,
		.type = node->type,
		.flags = node->flags,
		.ino = node->ino };
	strcpy(ret->name, names_get(&fs->table.names, node->name));
	copy_identity(fs, node, ret);
}

int locate_check(const struct place *place, const struct stat *st)
{
	if ((st->st_mode & S_IFMT) != place->type)
		return -ESTALE;
	if (!place->identified || (st->st_dev == place->dev && st->st_ino == place->number))
		return 0;
	return -ESTALE;
}

void locate_place(struct fs *fs, uint32_t id, struct place *ret)
{
	pthread_mutex_lock(&fs->table.lock);
	copy_place(fs, id, ret);
	pthread_mutex_unlock(&fs->table.lock);
}

void locate_place_held(struct fs *fs, uint32_t id, struct place *ret)
{
	pthread_mutex_lock(&fs->table.lock);
	copy_place(fs, id, ret);
	if (fs->index && ret->parent)
		node_at(&fs->table, ret->parent)->lookups++;
	pthread_mutex_unlock(&fs->table.lock);
}

void locate_release(struct fs *fs, const struct place *place)
{
	if (fs->index && place->parent)
		fs_forget(fs, place->parent, 1);
}

bool locate_is_upper(struct fs *fs, uint32_t node)
{
	struct place place;

	locate_place(fs, node, &place);
	return place.flags & NODE_UPPER;
}

bool locate_was_upper(struct fs *fs, uint32_t node)
{
	struct place place;

	locate_place(fs, node, &place);
	uint32_t real = place.dirs ? place.dirs : place.where;
	return place.flags & NODE_UPPER || (real && locate_real_was_upper(fs, real));
}

bool locate_is_merged(struct fs *fs, uint32_t id)
{
	pthread_mutex_lock(&fs->table.lock);
	uint32_t real = node_at(&fs->table, id)->dirs;
	bool merged = real && real_at(&fs->table, real)->below;
	pthread_mutex_unlock(&fs->table.lock);
	return merged;
}

size_t locate_reals(struct fs *fs, uint32_t id, uint32_t ret[MOST_LAYERS])
{
	size_t n = 0;

	pthread_mutex_lock(&fs->table.lock);
	uint32_t real = node_at(&fs->table, id)->dirs;
	for (; real && n < MOST_LAYERS; real = real_at(&fs->table, real)->below)
		ret[n++] = real;
	pthread_mutex_unlock(&fs->table.lock);
	return n;
}

bool locate_real_is_upper(struct fs *fs, uint32_t real)
{
	/* This needs no lock, because a real directory never changes its layer. */
	return fs->has_upper && real_at(&fs->table, real)->layer == fs->top;
}

bool locate_real_was_upper(struct fs *fs, uint32_t real)
{
	return fs->has_upper && real_at(&fs->table, real)->layer <= fs->top + fs->n_frozen;
}

bool locate_has_aufs(struct fs *fs, uint32_t real)
{
	return locate_real_was_upper(fs, real) ? fs->upper_aufs : fs->options.aufs;
}

bool locate_has_engine_marks(struct fs *fs, uint32_t real)
{
	return fs->options.aufs && !fs->upper_aufs && locate_real_was_upper(fs, real);
}

uint16_t locate_real_flags(struct fs *fs, uint32_t real)
{
	pthread_mutex_lock(&fs->table.lock);
	uint16_t flags = real_at(&fs->table, real)->flags;
	pthread_mutex_unlock(&fs->table.lock);
	return flags;
}

uint32_t locate_upper_real(struct fs *fs, uint32_t id)
{
	pthread_mutex_lock(&fs->table.lock);
	uint32_t real = node_at(&fs->table, id)->dirs;
	pthread_mutex_unlock(&fs->table.lock);
	return real && locate_real_is_upper(fs, real) ? real : 0;
}

/* Finds the nearest ancestor whose descriptor is cached. CHAIN gets the directories below it,
 * deepest first. A path may be of any length, so this neither recurses nor joins names. */
static int find_anchor(struct fs *fs, uint32_t real, uint32_t **chain, size_t *n, struct ref *ret)
{
	size_t room = 0;

	for (;;) {
		struct real *r = real_at(&fs->table, real);
		if (!r->parent) {
			*ret = REF_NONE;
			return fs->layers[r->layer].fd;
		}
		struct fd *cached = fdcache_get(&fs->fds, fd_key(FD_REAL, real));
		if (cached) {
			*ret = (struct ref){ .fd = cached->fd, .cached = cached };
			return cached->fd;
		}
		if (*n == room) {
			room = room ? room * 2 : 32;
			void *grown = realloc(*chain, room * sizeof(**chain));
			if (!grown)
				return -ENOMEM;
			*chain = grown;
		}
		(*chain)[(*n)++] = real;
		real = r->parent;
	}
}

static int open_in(struct fs *fs, uint16_t layer, int dirfd, const char *name, int flags)
{
	flags |= O_NOFOLLOW;
	int fd = fs->layers[layer].private ? -ENOSYS
					   : beneath_openat2(dirfd, name, flags, RESOLVE_NO_XDEV);
	return fd == -ENOSYS ? sys(openat(dirfd, name, flags | O_CLOEXEC)) : fd;
}

int locate_open_in(struct fs *fs, uint16_t layer, int dirfd, const char *name, int flags)
{
	return with_loan(&fs->loans, dirfd, S_IXUSR, open_in(fs, layer, dirfd, name, flags));
}

static int open_real(struct fs *fs, int parent, uint32_t real, struct ref *ret)
{
	char name[NAME_SIZE];

	pthread_mutex_lock(&fs->table.lock);
	strcpy(name, names_get(&fs->table.names, real_at(&fs->table, real)->name));
	bool gone = real_at(&fs->table, real)->flags & REAL_GONE;
	uint16_t layer = real_at(&fs->table, real)->layer;
	pthread_mutex_unlock(&fs->table.lock);
	if (gone)
		return -ESTALE;
	int fd = with_room(fs, locate_open_in(fs, layer, parent, name, O_PATH | O_DIRECTORY));
	if (fd < 0)
		return fd;
	struct fd *cached = fdcache_add(&fs->fds, fd_key(FD_REAL, real), fd, false);
	if (!cached)
		return -ENOMEM;
	ref_release(ret);
	*ret = (struct ref){ .fd = cached->fd, .cached = cached };
	return cached->fd;
}

int locate_real_fd(struct fs *fs, uint32_t real, struct ref *ret)
{
	auto_free uint32_t *chain = NULL;
	auto_ref struct ref ref = REF_NONE;
	size_t n = 0;
	int fd = find_anchor(fs, real, &chain, &n, &ref);

	while (fd >= 0 && n > 0)
		fd = open_real(fs, fd, chain[--n], &ref);
	if (fd < 0)
		return fd;
	if (!ref.cached) {
		/* The roots of layers stay open until the unmount, so the caller need not release
		 * this descriptor. */
		*ret = (struct ref){ .fd = fd, .cached = NULL, .borrowed = true };
		return fd;
	}
	*ret = ref;
	ref = REF_NONE;
	return fd;
}

static int open_place(struct fs *fs, uint32_t node, const struct place *place, struct ref *ret)
{
	if (place->dirs)
		return locate_real_fd(fs, place->dirs, ret);
	if (place->flags & NODE_UNLINKED && place->flags & NODE_UPPER)
		return pin_open(fs, node, ret);
	struct fd *writer = S_ISREG(place->type) && place->flags & NODE_UPPER
				    ? writers_get(fs->writers, node)
				    : NULL;
	if (writer) {
		*ret = (struct ref){ .fd = writer->fd, .cached = writer };
		return writer->fd;
	}
	if (place->flags & NODE_INDEXED)
		return locate_data_fd(fs, place->data, ret);
	auto_ref struct ref dir = REF_NONE;
	uint16_t layer = real_at(&fs->table, place->where)->layer;
	int fd = locate_real_fd(fs, place->where, &dir);
	if (fd >= 0)
		fd = with_room(fs, locate_open_in(fs, layer, dir.fd, place->name, O_PATH));
	if (fd < 0)
		return fd;
	*ret = (struct ref){ .fd = fd };
	return fd;
}

int locate_node_fd(struct fs *fs, uint32_t node, struct ref *ret)
{
	struct place place;

	locate_place_held(fs, node, &place);
	int fd = open_place(fs, node, &place, ret);
	locate_release(fs, &place);
	return fd;
}

static int stat_name(struct fs *fs, int dir, const char *name, struct stat *ret)
{
	return without_loans(&fs->loans, ret, sys(fstatat(dir, name, ret, AT_SYMLINK_NOFOLLOW)));
}

static int stat_place(struct fs *fs, uint32_t node, const struct place *place, struct stat *ret)
{
	auto_ref struct ref ref = REF_NONE;

	if (place->dirs || place->flags & (NODE_UNLINKED | NODE_INDEXED)) {
		int fd = open_place(fs, node, place, &ref);
		return fd < 0 ? fd : without_loans(&fs->loans, ret, sys(fstat(fd, ret)));
	}
	int dir = locate_real_fd(fs, place->where, &ref);
	int r = dir < 0 ? dir
			: with_loan(&fs->loans, dir, S_IXUSR, stat_name(fs, dir, place->name, ret));
	return r < 0 ? r : locate_check(place, ret);
}

int locate_node_stat(struct fs *fs, uint32_t node, struct stat *ret)
{
	struct place place;

	pthread_rwlock_rdlock(&fs->tree);
	locate_place_held(fs, node, &place);
	int r = stat_place(fs, node, &place, ret);
	locate_release(fs, &place);
	pthread_rwlock_unlock(&fs->tree);
	return r;
}

int locate_node_open(struct fs *fs, uint32_t node, struct ref *ret)
{
	pthread_rwlock_rdlock(&fs->tree);
	int fd = locate_node_fd(fs, node, ret);
	pthread_rwlock_unlock(&fs->tree);
	return fd;
}

int locate_node_check(struct fs *fs, uint32_t node, int fd)
{
	struct place place;
	struct stat st;

	locate_place(fs, node, &place);
	return fstat(fd, &st) < 0 ? -errno : locate_check(&place, &st);
}

int locate_data_fd(struct fs *fs, uint32_t real, struct ref *ret)
{
	auto_ref struct ref dir = REF_NONE;
	char name[NAME_SIZE];

	pthread_mutex_lock(&fs->table.lock);
	uint32_t parent = real_at(&fs->table, real)->parent;
	uint16_t layer = real_at(&fs->table, real)->layer;
	strcpy(name, names_get(&fs->table.names, real_at(&fs->table, real)->name));
	pthread_mutex_unlock(&fs->table.lock);
	int fd = locate_real_fd(fs, parent, &dir);
	if (fd >= 0)
		fd = with_room(fs, locate_open_in(fs, layer, dir.fd, name, O_PATH));
	if (fd >= 0)
		*ret = (struct ref){ .fd = fd };
	return fd;
}

int locate_data_open(struct fs *fs, uint32_t node, struct ref *ret)
{
	auto_ref struct ref ref = REF_NONE;
	struct place place;
	struct stat st;

	pthread_rwlock_rdlock(&fs->tree);
	locate_place_held(fs, node, &place);
	int fd = -ENOENT;
	if (place.data)
		fd = locate_data_fd(fs, place.data, &ref);
	else if (!(place.flags & NODE_NO_DATA))
		fd = open_place(fs, node, &place, &ref);
	locate_release(fs, &place);
	pthread_rwlock_unlock(&fs->tree);
	if (fd < 0)
		return fd;
	/* PLACE identifies the metacopy. The inode of the file with its data is not known: do not
	 * check it. */
	if (place.data && !(place.flags & NODE_INDEXED))
		place.identified = false;
	int r = fstat(fd, &st) < 0 ? -errno : locate_check(&place, &st);
	if (r < 0)
		return r;
	*ret = ref;
	ref = REF_NONE;
	return fd;
}

int locate_open_own(struct fs *fs, int fd, int flags)
{
	mode_t bits = (flags & O_ACCMODE) == O_RDONLY ? S_IRUSR : S_IRUSR | S_IWUSR;

	return with_loan(&fs->loans, fd, bits, with_room(fs, opath_reopen(fd, flags)));
}
