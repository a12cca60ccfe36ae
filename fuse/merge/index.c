/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/index.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/overlay/fdattr.h"
#include "common/overlay/indexdir.h"
#include "common/overlay/whiteout.h"
#include "fuse/merge/change.h"

#include <fcntl.h>
#include <string.h>

int shale_fs_index_open(struct shale_fs *fs, int work, struct shale_error *err)
{
	auto_free struct shale_index_layer *layers = calloc(fs->n_layers, sizeof(*layers));
	auto_free struct shale_index *index = calloc(1, sizeof(*index));

	if (!layers || !index)
		return shale_fail(err, -ENOMEM, "open the index");
	for (size_t i = 0; i < fs->n_layers; i++)
		layers[i] = (struct shale_index_layer){ .fd = fs->layers[i].fd,
			.uuid = fs->layers[i].has_uuid ? fs->layers[i].uuid : NULL };
	fs->index_obstacle = shale_index_obstacle(layers, fs->n_layers);
	if (fs->index_obstacle)
		return 0;
	index->fd = shale_index_open(work, layers, fs->n_layers, fs->options.class, err);
	if (index->fd < 0)
		return index->fd;
	pthread_mutex_init(&index->lock, NULL);
	fs->index = steal_ptr(&index);
	return 0;
}

/* A real directory that is reached by its descriptor alone. */
int shale_fs_index_name(struct shale_fs *fs)
{
	uint32_t root = fs->layers[SHALE_LAYER_UPPER].real;
	uint32_t real = shale_real_add(&fs->table, SHALE_LAYER_UPPER, root, "", 0);
	int fd = real ? sys(fcntl(fs->index->fd, F_DUPFD_CLOEXEC, 3)) : -ENOMEM;

	if (fd < 0)
		return fd;
	struct shale_fd *pin = shale_fdcache_add(
		&fs->fds, shale_fd_key(SHALE_FD_REAL, real), fd, true);
	shale_fd_release(pin);
	fs->index->real = real;
	return pin ? 0 : -ENOMEM;
}

void shale_fs_index_close(struct shale_fs *fs)
{
	if (!fs->index)
		return;
	close(fs->index->fd);
	pthread_mutex_destroy(&fs->index->lock);
	free(fs->index);
	fs->index = NULL;
}

/* A handle leads nowhere on another filesystem that is mounted within a layer, and user. names can
 * be on files and directories alone. */
bool shale_is_indexable(const struct shale_fs *fs, uint16_t layer, const struct stat *st)
{
	bool kept = fs->options.class == SHALE_XATTR_TRUSTED || S_ISREG(st->st_mode);

	return fs->index && layer != SHALE_LAYER_UPPER && !S_ISDIR(st->st_mode) && kept &&
	       st->st_nlink > 1 && st->st_dev == fs->layers[layer].dev;
}

int shale_fs_index_stat(struct shale_fs *fs, int fd, struct stat *ret)
{
	pthread_mutex_lock(&fs->index->lock);
	int more = shale_index_more_links(fd, fs->options.class);
	int r = sys(fstat(fd, ret));
	pthread_mutex_unlock(&fs->index->lock);
	if (r == 0)
		ret->st_nlink = (nlink_t)((int)ret->st_nlink + more);
	return r;
}

/* The name in the index of what was FOUND as NAME: 1, or 0 if it has none. */
static int name_of(struct shale_fs *fs, const char *name, const struct shale_found *found,
	char ret[SHALE_NAME_SIZE])
{
	auto_ref struct shale_ref dir = SHALE_REF_NONE;
	uint16_t number = shale_real_at(&fs->table, found->where)->layer;
	const struct shale_fs_layer *layer = &fs->layers[number];
	struct shale_origin origin;
	int dirfd = shale_fs_real_fd(fs, found->where, &dir), r = 1;

	if (dirfd < 0)
		return dirfd;
	if (found->upper)
		r = shale_origin_get_at(dirfd, name, fs->options.class, &origin);
	else
		shale_origin_make_at(dirfd, name, layer->uuid, &origin);
	if (r <= 0)
		return r;
	/* The copy of what has no handle could not be found by its other names. */
	return shale_index_name(&origin, ret) < 0 ? (found->upper ? 0 : -EIO) : 1;
}

/* The index says that FOUND is the inode FD. */
static int take_entry(struct shale_fs *fs, int fd, struct shale_found *found)
{
	struct stat st;
	int r = shale_fs_index_stat(fs, fd, &st);

	if (r == 0 && fs->options.ownership == SHALE_OWNERSHIP_OVERRIDE)
		r = shale_override_get(fd, &st);
	if (r < 0)
		return r;
	found->unaliased = !found->upper;
	found->st = st;
	found->upper = found->origin = found->indexed = true;
	return 0;
}

int shale_fs_index_find(struct shale_fs *fs, const char *name, struct shale_found *found)
{
	uint16_t layer = shale_real_at(&fs->table, found->where)->layer;
	struct stat st;

	if (found->upper ? !found->linked : !shale_is_indexable(fs, layer, &found->st))
		return 0;
	int r = name_of(fs, name, found, found->index_name);
	auto_close int fd = r <= 0 ? -1
				   : sys(openat(fs->index->fd, found->index_name,
					     O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (r <= 0 || fd == -ENOENT)
		return r < 0 ? r : 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	if (found->upper && st.st_ino != found->st.st_ino)
		return 0;
	/* A whiteout here says that the file has no name left, which this one shows to be untrue.
	 */
	if (shale_is_whiteout(&st) || (st.st_mode ^ found->st.st_mode) & S_IFMT)
		return -EIO;
	return take_entry(fs, fd, found);
}

int shale_fs_index_copy_up(
	const struct shale_fs *fs, const struct shale_copy_up *what, char ret_name[SHALE_NAME_SIZE])
{
	struct shale_copy_up copy = *what;
	int r = shale_index_name(what->origin, ret_name);

	if (r < 0)
		return -EIO;
	copy.dir = fs->index->fd;
	copy.name = ret_name;
	copy.more_links = (int)what->st->st_nlink - 1;
	return shale_copy_up(&copy, NULL);
}

/* Without an intermediate state that would tell a wrong count after a crash: while the upper inode
 * gets a link that the mount shows already, what counts are the lower's, which nobody changes. */
static int add_link(struct shale_fs *fs, int fd, int dirfd, const char *name)
{
	enum shale_xattr_class class = fs->options.class;
	int more = shale_index_more_links(fd, class);
	auto_close int lower = -1;
	struct shale_origin origin;
	struct stat st, lower_st;

	if (fstat(fd, &st) < 0)
		return -errno;
	int r = shale_origin_get(fd, class, &origin);
	for (size_t i = 1; r == 1 && lower < 0 && i < fs->n_layers; i++)
		if (fs->layers[i].has_uuid && shale_origin_is_on(&origin, fs->layers[i].uuid))
			lower = shale_origin_open(fs->layers[i].fd, &origin);
	if (r <= 0 || lower < 0 || fstat(lower, &lower_st) < 0)
		return r < 0 ? r : -EIO;
	int shown = (int)st.st_nlink + more;
	r = shale_index_set_links(fd, class, SHALE_INDEX_LOWER, shown - (int)lower_st.st_nlink);
	if (r < 0)
		return r;
	int linked = shale_link(fd, dirfd, name);
	r = shale_index_set_links(fd, class, SHALE_INDEX_UPPER, more - (linked == 0));
	return linked < 0 && linked != -EEXIST ? linked : r;
}

/* A new name changes the directory's times, but nothing that the user did has: as the kernel does.
 */
static int add_link_quietly(struct shale_fs *fs, int fd, int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (fstat(dirfd, &st) < 0)
		return -errno;
	pthread_mutex_lock(&fs->index->lock);
	int r = add_link(fs, fd, dirfd, name);
	pthread_mutex_unlock(&fs->index->lock);
	const struct timespec times[] = { st.st_atim, st.st_mtim };
	(void)shale_futimens(dirfd, times);
	return r;
}

/* NODE's place may be another of its names by now. */
static void note_linked(struct shale_fs *fs, uint32_t id, uint32_t parent, const char *name)
{
	pthread_mutex_lock(&fs->table.lock);
	struct shale_node *node = shale_node_at(&fs->table, id);
	if (node->parent == parent && !strcmp(shale_names_get(&fs->table.names, node->name), name))
		node->flags &= (uint16_t)~SHALE_NODE_UNALIASED;
	pthread_mutex_unlock(&fs->table.lock);
}

static int link_in(
	struct shale_fs *fs, uint32_t id, const struct shale_upper_dir *dir, const char *name)
{
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	int r = shale_fs_node_open(fs, id, &ref);

	if (r >= 0)
		r = shale_fs_mark_impure(fs, dir->real, dir->ref.fd);
	if (r == 0)
		r = add_link_quietly(fs, ref.fd, dir->ref.fd, name);
	if (r < 0)
		return r;
	shale_quota_book(fs->quota, dir->ref.fd);
	shale_quota_book(fs->quota, ref.fd);
	note_linked(fs, id, dir->node, name);
	return 0;
}

/* The count of what is seen no more is kept with what is in the index, so that the copy is made
 * even of what goes: as the kernel does it. */
static int put_into_index(struct shale_fs *fs, uint32_t id)
{
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	struct shale_place place;
	struct stat st;
	bool goes = false;

	shale_fs_place_held(fs, id, &place);
	int r = place.dirs || place.flags & SHALE_NODE_UPPER ? 0 : shale_fs_node_open(fs, id, &ref);
	if (r >= 0 && ref.fd >= 0) {
		r = sys(fstat(ref.fd, &st));
		goes = r == 0 &&
		       shale_is_indexable(fs, shale_real_at(&fs->table, place.where)->layer, &st);
	}
	shale_fs_place_release(fs, &place);
	return r < 0 || !goes ? r : shale_fs_copy_up(fs, id);
}

int shale_fs_index_link(
	struct shale_fs *fs, uint32_t id, const struct shale_upper_dir *dir, const char *name)
{
	struct shale_place place;

	if (!fs->index || !id)
		return 0;
	int r = put_into_index(fs, id);
	if (r < 0)
		return r;
	shale_fs_place(fs, id, &place);
	return place.flags & SHALE_NODE_INDEXED ? link_in(fs, id, dir, name) : 0;
}

int shale_fs_index_link_place(struct shale_fs *fs, uint32_t id)
{
	auto_upper_dir struct shale_upper_dir dir = SHALE_UPPER_DIR_NONE;
	struct shale_place place;
	int r = 0;

	shale_fs_place_held(fs, id, &place);
	if (place.flags & SHALE_NODE_UNALIASED && !(place.flags & SHALE_NODE_UNLINKED)) {
		r = shale_upper_dir_open(fs, place.parent, &dir);
		if (r == 0)
			r = link_in(fs, id, &dir, place.name);
	}
	shale_fs_place_release(fs, &place);
	return r;
}

void shale_fs_index_unlinked(struct shale_fs *fs, uint32_t id)
{
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	struct shale_place place;
	struct stat st;

	if (!fs->index || !id)
		return;
	shale_fs_place(fs, id, &place);
	if (!(place.flags & SHALE_NODE_INDEXED) || shale_fs_node_fd(fs, id, &ref) < 0 ||
		shale_fs_index_stat(fs, ref.fd, &st) < 0 || st.st_nlink > 0)
		return;
	pthread_mutex_lock(&fs->table.lock);
	struct shale_node *node = shale_node_at(&fs->table, id);
	char name[SHALE_NAME_SIZE];
	strcpy(name,
		shale_names_get(&fs->table.names, shale_real_at(&fs->table, node->data)->name));
	shale_real_unref(&fs->table, node->data);
	node->data = 0;
	node->flags &= (uint16_t) ~(SHALE_NODE_INDEXED | SHALE_NODE_UNALIASED);
	pthread_mutex_unlock(&fs->table.lock);
	(void)unlinkat(fs->index->fd, name, 0);
}
