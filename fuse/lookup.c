/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/lookup.h"

#include "common/cleanup.h"
#include "common/overlay/fdxattr.h"
#include "common/overlay/origin.h"
#include "common/overlay/override.h"
#include "common/overlay/whiteout.h"
#include "fuse/copyup.h"

#include <fcntl.h>
#include <string.h>

uint16_t shale_fs_index_of_dev(struct shale_fs *fs, dev_t dev)
{
	uint16_t i = 0;

	while (i < fs->n_devs && fs->devs[i] != dev)
		i++;
	if (i == fs->n_devs && i < sizeof(fs->devs) / sizeof(*fs->devs) - 1)
		fs->devs[fs->n_devs++] = dev;
	return i;
}

/* Numbers of several filesystems are told apart by their highest bits, like the kernel's xino. */
static uint64_t ino_of(struct shale_fs *fs, dev_t dev, uint64_t ino)
{
	pthread_mutex_lock(&fs->table.lock);
	uint64_t index = shale_fs_index_of_dev(fs, dev);
	pthread_mutex_unlock(&fs->table.lock);
	return ino ^ index << 56;
}

/* The number of the lower inode that an upper file says it was copied up from; its own otherwise.
 */
static uint64_t ino_of_origin(
	struct shale_fs *fs, int dirfd, const char *name, struct shale_found *found)
{
	struct shale_origin origin;
	uint64_t own = ino_of(fs, found->st.st_dev, found->st.st_ino);

	if (shale_origin_get_at(dirfd, name, fs->options.class, &origin) != 1)
		return own;
	found->origin = true;
	uint64_t ino = shale_origin_ino(&origin);
	for (size_t i = 1; ino && i < fs->n_layers; i++)
		if (fs->layers[i].has_uuid && !memcmp(fs->layers[i].uuid, origin.bytes + 5, 16))
			return ino_of(fs, fs->layers[i].dev, ino);
	return own;
}

static int look_at_directory(
	struct shale_fs *fs, int dirfd, const char *name, uint32_t real, struct shale_found *found)
{
	const char *impure = shale_overlay_xattr(fs->options.class, "impure");
	int opaque = shale_opaque_get_at(dirfd, name, fs->options.class);
	uint16_t flags = opaque == SHALE_OPAQUE_XWHITEOUTS ? SHALE_REAL_XWHITEOUTS : 0;
	bool upper = shale_real_is_upper(fs, real);

	if (opaque < 0)
		return opaque;
	if (upper && shale_getxattr_at(dirfd, name, impure, NULL, 0) >= 0)
		flags |= SHALE_REAL_IMPURE;
	if (upper)
		found->origin = shale_getxattr_at(dirfd, name,
					shale_overlay_xattr(fs->options.class, "origin"), NULL,
					0) >= 0;
	if (upper && opaque == SHALE_OPAQUE_YES)
		found->opaque = true;
	found->dirs[found->n_dirs].parent = real;
	found->dirs[found->n_dirs++].flags = flags;
	return opaque == SHALE_OPAQUE_YES;
}

static int take_topmost(struct shale_fs *fs, int dirfd, const char *name, uint32_t real,
	const struct stat *st, struct shale_found *found)
{
	found->st = *st;
	found->where = real;
	found->upper = shale_real_is_upper(fs, real);
	found->ino = ino_of(fs, st->st_dev, st->st_ino);
	if (found->upper && !S_ISDIR(st->st_mode) &&
		shale_fs_real_flags(fs, real) & SHALE_REAL_IMPURE)
		found->ino = ino_of_origin(fs, dirfd, name, found);
	if (fs->options.ownership == SHALE_OWNERSHIP_OVERRIDE)
		return shale_override_get_at(dirfd, name, &found->st);
	return 0;
}

/* 1: NAME ends here, whatever lower layers hold; 0: look further down; or a negative errno. */
static int look_in_layer(
	struct shale_fs *fs, uint32_t real, const char *name, struct shale_found *found)
{
	auto_ref struct shale_ref dir = SHALE_REF_NONE;
	struct stat st;
	int fd = shale_fs_real_fd(fs, real, &dir);

	if (fd < 0)
		return fd;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (shale_is_whiteout(&st))
		return 1;
	if (S_ISREG(st.st_mode) && !st.st_size &&
		shale_fs_real_flags(fs, real) & SHALE_REAL_XWHITEOUTS) {
		int whiteout = shale_is_xattr_whiteout(fd, name, fs->options.class);
		if (whiteout)
			return whiteout;
	}
	if (found->n_dirs && !S_ISDIR(st.st_mode))
		return 1;
	if (!found->where) {
		int r = take_topmost(fs, fd, name, real, &st, found);
		if (r < 0 || !S_ISDIR(st.st_mode))
			return r < 0 ? r : 1;
	} else if (found->n_dirs == 1 && found->upper) {
		/* A merged directory keeps the number that it had before it was copied up. */
		found->ino = ino_of(fs, st.st_dev, st.st_ino);
	}
	return look_at_directory(fs, fd, name, real, found);
}

/* An upper directory that was not copied up, but made over a lower one by other means, is given its
 * origin when it is first met, as the kernel does it. */
static int add_origin(struct shale_fs *fs, const char *name, struct shale_found *found)
{
	auto_ref struct shale_ref upper = SHALE_REF_NONE;
	auto_ref struct shale_ref lower = SHALE_REF_NONE;
	uint32_t below = found->dirs[1].parent;
	const struct shale_fs_layer *layer = &fs->layers[shale_real_at(&fs->table, below)->layer];
	struct shale_origin origin;

	if (shale_fs_real_fd(fs, found->where, &upper) < 0 ||
		shale_fs_real_fd(fs, below, &lower) < 0)
		return -EIO;
	auto_close int from = sys(openat(lower.fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	auto_close int to = sys(openat(upper.fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (from < 0 || to < 0)
		return -EIO;
	shale_origin_make(from, layer->has_uuid ? layer->uuid : NULL, &origin);
	int r = shale_origin_set(to, fs->options.class, &origin);
	if (r == 0)
		r = shale_fs_mark_impure(fs, found->where, upper.fd);
	found->origin = r == 0;
	return r;
}

int shale_fs_find(struct shale_fs *fs, const uint32_t *reals, size_t n, const char *name,
	struct shale_found *ret)
{
	int r = 0;

	if (strlen(name) >= SHALE_NAME_SIZE)
		return -ENAMETOOLONG;
	ret->where = 0;
	ret->upper = ret->opaque = ret->origin = false;
	ret->n_dirs = 0;
	for (size_t i = 0; i < n && r == 0; i++)
		r = look_in_layer(fs, reals[i], name, ret);
	if (r < 0)
		return r;
	/* Without it no more is lost than a number, and the upper layer may be one that takes no
	 * xattrs. */
	if (ret->upper && ret->n_dirs > 1 && !ret->origin)
		add_origin(fs, name, ret);
	return ret->where ? 0 : -ENOENT;
}

static struct shale_key key_of(
	struct shale_fs *fs, uint32_t parent, const char *name, const struct shale_found *found)
{
	/* A hard link of a lower layer breaks when it is copied up: each name is a file of its own.
	 */
	bool by_name = fs->has_upper && !found->upper && !found->n_dirs && found->st.st_nlink > 1;

	return (struct shale_key){ .fs = shale_fs_index_of_dev(fs, found->st.st_dev),
		.by_name = by_name,
		.number = found->st.st_ino,
		.parent = parent,
		.name = name };
}

/* The list of a merged directory, made from the bottom. */
static uint32_t make_dirs(struct shale_fs *fs, const char *name, const struct shale_found *found)
{
	uint32_t below = 0;

	for (size_t i = found->n_dirs; i-- > 0;) {
		uint32_t parent = found->dirs[i].parent;
		uint16_t layer = shale_real_at(&fs->table, parent)->layer;
		uint32_t real = shale_real_add(&fs->table, layer, parent, name, below);
		shale_real_unref(&fs->table, below);
		if (!real)
			return 0;
		shale_real_at(&fs->table, real)->flags = found->dirs[i].flags;
		below = real;
	}
	return below;
}

static void forget_half_made(void *arg, uint32_t node)
{
}

static uint32_t make_node(struct shale_fs *fs, uint32_t parent, const char *name,
	const struct shale_found *found, const struct shale_key *key)
{
	uint32_t id = shale_node_add(&fs->table, parent);

	if (!id)
		return 0;
	struct shale_node *node = shale_node_at(&fs->table, id);
	node->type = found->st.st_mode & S_IFMT;
	node->ino = found->ino;
	node->flags = (uint16_t)((found->upper ? SHALE_NODE_UPPER : 0) |
				 (found->opaque ? SHALE_NODE_OPAQUE : 0) |
				 (found->origin ? SHALE_NODE_ORIGIN : 0));
	if (found->n_dirs)
		node->dirs = make_dirs(fs, name, found);
	if ((found->n_dirs && !node->dirs) ||
		shale_node_place(&fs->table, id, parent, found->where, name) < 0) {
		shale_node_forget(&fs->table, id, 0, forget_half_made, NULL);
		return 0;
	}
	shale_node_hash(&fs->table, id, key);
	return id;
}

/* An upper file with several names may have lost the one that its node lay under. */
static void place_again(struct shale_fs *fs, uint32_t id, uint32_t parent, const char *name,
	const struct shale_found *found)
{
	struct shale_node *node = shale_node_at(&fs->table, id);

	if (!(node->flags & SHALE_NODE_UNLINKED) ||
		shale_node_place(&fs->table, id, parent, found->where, name) < 0)
		return;
	node->flags &= (uint16_t)~SHALE_NODE_UNLINKED;
	shale_fdcache_drop(&fs->fds, shale_fd_key(SHALE_FD_PIN, id));
}

int shale_fs_enter(struct shale_fs *fs, uint32_t parent, const char *name,
	const struct shale_found *found, struct shale_entry *ret)
{
	pthread_mutex_lock(&fs->table.lock);
	struct shale_key key = key_of(fs, parent, name, found);
	uint32_t id = shale_node_find(&fs->table, &key);
	if (id && shale_node_at(&fs->table, id)->type != (found->st.st_mode & S_IFMT)) {
		shale_node_unhash(&fs->table, id);
		id = 0;
	}
	if (id)
		place_again(fs, id, parent, name, found);
	else
		id = make_node(fs, parent, name, found, &key);
	if (id) {
		struct shale_node *node = shale_node_at(&fs->table, id);
		node->lookups++;
		ret->node = id;
		ret->generation = node->generation;
		ret->st = found->st;
		shale_fs_show(fs, &ret->st, found->n_dirs > 1, node->ino);
	}
	pthread_mutex_unlock(&fs->table.lock);
	return id ? 0 : -ENOMEM;
}

int shale_fs_find_and_enter(
	struct shale_fs *fs, uint32_t parent, const char *name, struct shale_entry *ret)
{
	uint32_t reals[SHALE_MOST_LAYERS];
	struct shale_found found;
	size_t n = shale_fs_reals(fs, parent, reals);
	int r = shale_fs_find(fs, reals, n, name, &found);

	return r < 0 ? r : shale_fs_enter(fs, parent, name, &found, ret);
}

int shale_fs_lookup(struct shale_fs *fs, uint32_t parent, const char *name, struct shale_entry *ret)
{
	pthread_rwlock_rdlock(&fs->tree);
	int r = shale_fs_find_and_enter(fs, parent, name, ret);
	pthread_rwlock_unlock(&fs->tree);
	return r;
}

uint32_t shale_fs_known(struct shale_fs *fs, uint32_t parent, const char *name)
{
	uint32_t reals[SHALE_MOST_LAYERS];
	struct shale_found found;
	size_t n = shale_fs_reals(fs, parent, reals);

	if (shale_fs_find(fs, reals, n, name, &found) < 0)
		return 0;
	pthread_mutex_lock(&fs->table.lock);
	struct shale_key key = key_of(fs, parent, name, &found);
	uint32_t id = shale_node_find(&fs->table, &key);
	pthread_mutex_unlock(&fs->table.lock);
	return id;
}

int shale_fs_lower_has(struct shale_fs *fs, uint32_t parent, const char *name)
{
	uint32_t reals[SHALE_MOST_LAYERS];
	struct shale_found found;
	size_t n = shale_fs_reals(fs, parent, reals);
	size_t skip = n && shale_real_is_upper(fs, reals[0]) ? 1 : 0;
	int r = shale_fs_find(fs, reals + skip, n - skip, name, &found);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}

bool shale_fs_is_merged(struct shale_fs *fs, uint32_t id)
{
	pthread_mutex_lock(&fs->table.lock);
	uint32_t real = shale_node_at(&fs->table, id)->dirs;
	bool merged = real && shale_real_at(&fs->table, real)->below;
	pthread_mutex_unlock(&fs->table.lock);
	return merged;
}

static uint32_t make_nameless(struct shale_fs *fs, uint32_t parent, const struct stat *st)
{
	uint32_t id = shale_node_add(&fs->table, parent);

	if (!id)
		return 0;
	struct shale_key key = { .fs = shale_fs_index_of_dev(fs, st->st_dev),
		.number = st->st_ino };
	struct shale_node *node = shale_node_at(&fs->table, id);
	node->type = S_IFREG;
	node->ino = st->st_ino ^ (uint64_t)key.fs << 56;
	node->flags = SHALE_NODE_UPPER | SHALE_NODE_UNLINKED;
	node->lookups = 1;
	shale_node_hash(&fs->table, id, &key);
	return id;
}

int shale_fs_enter_nameless(struct shale_fs *fs, uint32_t parent, int fd, struct shale_entry *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (fs->options.ownership == SHALE_OWNERSHIP_OVERRIDE && shale_override_get(fd, &st) < 0)
		return -EIO;
	auto_close int path = shale_reopen(fd, O_PATH);
	if (path < 0)
		return path;
	pthread_mutex_lock(&fs->table.lock);
	uint32_t id = make_nameless(fs, parent, &st);
	if (id) {
		ret->node = id;
		ret->generation = shale_node_at(&fs->table, id)->generation;
		ret->st = st;
		shale_fs_show(fs, &ret->st, false, shale_node_at(&fs->table, id)->ino);
	}
	pthread_mutex_unlock(&fs->table.lock);
	if (!id)
		return -ENOMEM;
	struct shale_fd *pin = shale_fdcache_add(
		&fs->fds, shale_fd_key(SHALE_FD_PIN, id), steal_fd(&path), true);
	shale_fd_release(pin);
	return pin ? 0 : -ENOMEM;
}
