/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/locate.h"
#include "fuse/merge/descriptors.h"
#include "fuse/merge/pins.h"

#include "common/beneath.h"
#include "common/cleanup.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>

/* table.lock is held. A link of a lower layer that breaks is found by its name, and its number is
 * in what is shown of it. */
static void copy_identity(
	struct shale_fs *fs, const struct shale_node *node, struct shale_place *ret)
{
	uint16_t layer = node->flags & SHALE_NODE_UPPER || !node->where
				 ? SHALE_LAYER_UPPER
				 : shale_real_at(&fs->table, node->where)->layer;

	ret->identified = node->flags & SHALE_NODE_HASHED && node->fs < fs->n_devs && !node->dirs &&
			  !fs->layers[layer].fickle;
	ret->dev = fs->devs[node->fs];
	ret->number = node->flags & SHALE_NODE_BY_NAME ? node->ino ^ (uint64_t)node->fs << 56
						       : node->key;
}

/* table.lock is held. */
static void copy_place(struct shale_fs *fs, uint32_t id, struct shale_place *ret)
{
	const struct shale_node *node = shale_node_at(&fs->table, id);
	*ret = (struct shale_place){ .parent = node->parent,
		.where = node->where,
		.dirs = node->dirs,
		.data = node->data,
		.type = node->type,
		.flags = node->flags,
		.ino = node->ino };
	strcpy(ret->name, shale_names_get(&fs->table.names, node->name));
	copy_identity(fs, node, ret);
}

int shale_place_check(const struct shale_place *place, const struct stat *st)
{
	if ((st->st_mode & S_IFMT) != place->type)
		return -ESTALE;
	if (!place->identified || (st->st_dev == place->dev && st->st_ino == place->number))
		return 0;
	return -ESTALE;
}

void shale_fs_place(struct shale_fs *fs, uint32_t id, struct shale_place *ret)
{
	pthread_mutex_lock(&fs->table.lock);
	copy_place(fs, id, ret);
	pthread_mutex_unlock(&fs->table.lock);
}

void shale_fs_place_held(struct shale_fs *fs, uint32_t id, struct shale_place *ret)
{
	pthread_mutex_lock(&fs->table.lock);
	copy_place(fs, id, ret);
	if (fs->index && ret->parent)
		shale_node_at(&fs->table, ret->parent)->lookups++;
	pthread_mutex_unlock(&fs->table.lock);
}

void shale_fs_place_release(struct shale_fs *fs, const struct shale_place *place)
{
	if (fs->index && place->parent)
		shale_fs_forget(fs, place->parent, 1);
}

bool shale_fs_is_upper(struct shale_fs *fs, uint32_t node)
{
	struct shale_place place;

	shale_fs_place(fs, node, &place);
	return place.flags & SHALE_NODE_UPPER;
}

size_t shale_fs_reals(struct shale_fs *fs, uint32_t id, uint32_t ret[SHALE_MOST_LAYERS])
{
	size_t n = 0;

	pthread_mutex_lock(&fs->table.lock);
	uint32_t real = shale_node_at(&fs->table, id)->dirs;
	for (; real && n < SHALE_MOST_LAYERS; real = shale_real_at(&fs->table, real)->below)
		ret[n++] = real;
	pthread_mutex_unlock(&fs->table.lock);
	return n;
}

bool shale_real_is_upper(struct shale_fs *fs, uint32_t real)
{
	/* A real directory never changes its layer, so this needs no lock. */
	return fs->has_upper && shale_real_at(&fs->table, real)->layer == SHALE_LAYER_UPPER;
}

uint16_t shale_fs_real_flags(struct shale_fs *fs, uint32_t real)
{
	pthread_mutex_lock(&fs->table.lock);
	uint16_t flags = shale_real_at(&fs->table, real)->flags;
	pthread_mutex_unlock(&fs->table.lock);
	return flags;
}

uint32_t shale_fs_upper_real(struct shale_fs *fs, uint32_t id)
{
	pthread_mutex_lock(&fs->table.lock);
	uint32_t real = shale_node_at(&fs->table, id)->dirs;
	pthread_mutex_unlock(&fs->table.lock);
	return real && shale_real_is_upper(fs, real) ? real : 0;
}

/* The nearest ancestor with a descriptor at hand; those on the way down from it are put to CHAIN,
 * the deepest first. Paths may be of any length, so this neither recurses nor joins names. */
static int find_anchor(
	struct shale_fs *fs, uint32_t real, uint32_t **chain, size_t *n, struct shale_ref *ret)
{
	size_t room = 0;

	for (;;) {
		struct shale_real *r = shale_real_at(&fs->table, real);
		if (!r->parent) {
			*ret = SHALE_REF_NONE;
			return fs->layers[r->layer].fd;
		}
		struct shale_fd *cached = shale_fdcache_get(
			&fs->fds, shale_fd_key(SHALE_FD_REAL, real));
		if (cached) {
			*ret = (struct shale_ref){ .fd = cached->fd, .cached = cached };
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

int shale_fs_open_in(struct shale_fs *fs, uint16_t layer, int dirfd, const char *name, int flags)
{
	flags |= O_NOFOLLOW;
	int fd = fs->layers[layer].private ? -ENOSYS
					   : shale_openat2(dirfd, name, flags, RESOLVE_NO_XDEV);
	return fd == -ENOSYS ? sys(openat(dirfd, name, flags | O_CLOEXEC)) : fd;
}

static int open_real(struct shale_fs *fs, int parent, uint32_t real, struct shale_ref *ret)
{
	char name[SHALE_NAME_SIZE];

	pthread_mutex_lock(&fs->table.lock);
	strcpy(name, shale_names_get(&fs->table.names, shale_real_at(&fs->table, real)->name));
	bool gone = shale_real_at(&fs->table, real)->flags & SHALE_REAL_GONE;
	uint16_t layer = shale_real_at(&fs->table, real)->layer;
	pthread_mutex_unlock(&fs->table.lock);
	if (gone)
		return -ESTALE;
	int fd = shale_with_room(
		fs, shale_fs_open_in(fs, layer, parent, name, O_PATH | O_DIRECTORY));
	if (fd < 0)
		return fd;
	struct shale_fd *cached = shale_fdcache_add(
		&fs->fds, shale_fd_key(SHALE_FD_REAL, real), fd, false);
	if (!cached)
		return -ENOMEM;
	shale_ref_release(ret);
	*ret = (struct shale_ref){ .fd = cached->fd, .cached = cached };
	return cached->fd;
}

int shale_fs_real_fd(struct shale_fs *fs, uint32_t real, struct shale_ref *ret)
{
	auto_free uint32_t *chain = NULL;
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	size_t n = 0;
	int fd = find_anchor(fs, real, &chain, &n, &ref);

	while (fd >= 0 && n > 0)
		fd = open_real(fs, fd, chain[--n], &ref);
	if (fd < 0)
		return fd;
	if (!ref.cached) {
		/* A layer's root is open for as long as the mount is: nothing to let go. */
		*ret = (struct shale_ref){ .fd = fd, .cached = NULL, .borrowed = true };
		return fd;
	}
	*ret = ref;
	ref = SHALE_REF_NONE;
	return fd;
}

static int open_place(
	struct shale_fs *fs, uint32_t node, const struct shale_place *place, struct shale_ref *ret)
{
	if (place->dirs)
		return shale_fs_real_fd(fs, place->dirs, ret);
	if (place->flags & SHALE_NODE_UNLINKED && place->flags & SHALE_NODE_UPPER)
		return shale_pin_open(fs, node, ret);
	struct shale_fd *writer = S_ISREG(place->type) && place->flags & SHALE_NODE_UPPER
					  ? shale_writers_get(fs->writers, node)
					  : NULL;
	if (writer) {
		*ret = (struct shale_ref){ .fd = writer->fd, .cached = writer };
		return writer->fd;
	}
	if (place->flags & SHALE_NODE_INDEXED)
		return shale_fs_data_fd(fs, place->data, ret);
	auto_ref struct shale_ref dir = SHALE_REF_NONE;
	uint16_t layer = shale_real_at(&fs->table, place->where)->layer;
	int fd = shale_fs_real_fd(fs, place->where, &dir);
	if (fd >= 0)
		fd = shale_with_room(fs, shale_fs_open_in(fs, layer, dir.fd, place->name, O_PATH));
	if (fd < 0)
		return fd;
	*ret = (struct shale_ref){ .fd = fd };
	return fd;
}

int shale_fs_node_fd(struct shale_fs *fs, uint32_t node, struct shale_ref *ret)
{
	struct shale_place place;

	shale_fs_place_held(fs, node, &place);
	int fd = open_place(fs, node, &place, ret);
	shale_fs_place_release(fs, &place);
	return fd;
}

static int stat_place(
	struct shale_fs *fs, uint32_t node, const struct shale_place *place, struct stat *ret)
{
	auto_ref struct shale_ref ref = SHALE_REF_NONE;

	if (place->dirs || place->flags & (SHALE_NODE_UNLINKED | SHALE_NODE_INDEXED)) {
		int fd = open_place(fs, node, place, &ref);
		return fd < 0 ? fd : sys(fstat(fd, ret));
	}
	int dir = shale_fs_real_fd(fs, place->where, &ref);
	int r = dir < 0 ? dir : sys(fstatat(dir, place->name, ret, AT_SYMLINK_NOFOLLOW));
	return r < 0 ? r : shale_place_check(place, ret);
}

int shale_fs_node_stat(struct shale_fs *fs, uint32_t node, struct stat *ret)
{
	struct shale_place place;

	pthread_rwlock_rdlock(&fs->tree);
	shale_fs_place_held(fs, node, &place);
	int r = stat_place(fs, node, &place, ret);
	shale_fs_place_release(fs, &place);
	pthread_rwlock_unlock(&fs->tree);
	return r;
}

int shale_fs_node_open(struct shale_fs *fs, uint32_t node, struct shale_ref *ret)
{
	pthread_rwlock_rdlock(&fs->tree);
	int fd = shale_fs_node_fd(fs, node, ret);
	pthread_rwlock_unlock(&fs->tree);
	return fd;
}

int shale_fs_node_check(struct shale_fs *fs, uint32_t node, int fd)
{
	struct shale_place place;
	struct stat st;

	shale_fs_place(fs, node, &place);
	return fstat(fd, &st) < 0 ? -errno : shale_place_check(&place, &st);
}

int shale_fs_data_fd(struct shale_fs *fs, uint32_t real, struct shale_ref *ret)
{
	auto_ref struct shale_ref dir = SHALE_REF_NONE;
	char name[SHALE_NAME_SIZE];

	pthread_mutex_lock(&fs->table.lock);
	uint32_t parent = shale_real_at(&fs->table, real)->parent;
	uint16_t layer = shale_real_at(&fs->table, real)->layer;
	strcpy(name, shale_names_get(&fs->table.names, shale_real_at(&fs->table, real)->name));
	pthread_mutex_unlock(&fs->table.lock);
	int fd = shale_fs_real_fd(fs, parent, &dir);
	if (fd >= 0)
		fd = shale_with_room(fs, shale_fs_open_in(fs, layer, dir.fd, name, O_PATH));
	if (fd >= 0)
		*ret = (struct shale_ref){ .fd = fd };
	return fd;
}

int shale_fs_data_open(struct shale_fs *fs, uint32_t node, struct shale_ref *ret)
{
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	struct shale_place place;
	struct stat st;

	pthread_rwlock_rdlock(&fs->tree);
	shale_fs_place_held(fs, node, &place);
	int fd = -ENOENT;
	if (place.data)
		fd = shale_fs_data_fd(fs, place.data, &ref);
	else if (!(place.flags & SHALE_NODE_NO_DATA))
		fd = open_place(fs, node, &place, &ref);
	shale_fs_place_release(fs, &place);
	pthread_rwlock_unlock(&fs->tree);
	if (fd < 0)
		return fd;
	/* The number of the file that a metacopy's data lie in was not noted. */
	if (place.data && !(place.flags & SHALE_NODE_INDEXED))
		place.identified = false;
	int r = fstat(fd, &st) < 0 ? -errno : shale_place_check(&place, &st);
	if (r < 0)
		return r;
	*ret = ref;
	ref = SHALE_REF_NONE;
	return fd;
}

/* The locks of the nodes as a sorted list without doubles. */
static size_t lock_order(const uint32_t *nodes, size_t n, uint32_t *order)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t lock = nodes[i] % SHALE_NODE_LOCKS;
		size_t at = 0;
		if (!nodes[i])
			continue;
		while (at < count && order[at] < lock)
			at++;
		if (at < count && order[at] == lock)
			continue;
		memmove(order + at + 1, order + at, (count - at) * sizeof(*order));
		order[at] = lock;
		count++;
	}
	return count;
}

void shale_fs_lock_nodes(struct shale_fs *fs, const uint32_t *nodes, size_t n)
{
	uint32_t order[8];
	size_t count = lock_order(nodes, n, order);

	for (size_t i = 0; i < count; i++)
		pthread_mutex_lock(&fs->node_locks[order[i]]);
}

void shale_fs_unlock_nodes(struct shale_fs *fs, const uint32_t *nodes, size_t n)
{
	uint32_t order[8];
	size_t count = lock_order(nodes, n, order);

	while (count > 0)
		pthread_mutex_unlock(&fs->node_locks[order[--count]]);
}
