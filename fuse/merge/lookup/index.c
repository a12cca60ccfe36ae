/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/index.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/opath.h"
#include "common/overlay/indexdir.h"
#include "common/overlay/whiteout.h"
#include "fuse/merge/change/change.h"

#include <fcntl.h>
#include <string.h>

int fs_index_open(struct fs *fs, int work, struct shale_error *err)
{
	auto_free struct index_layer *layers = calloc(fs->n_layers, sizeof(*layers));
	auto_free struct index *index = calloc(1, sizeof(*index));

	if (!layers || !index)
		return error_fail(err, -ENOMEM, "open the index");
	for (size_t i = 0; i < fs->n_layers; i++)
		layers[i] = (struct index_layer){ .fd = fs->layers[i].fd,
			.uuid = fs->layers[i].has_uuid ? fs->layers[i].uuid : NULL };
	fs->index_obstacle = index_obstacle(layers, fs->n_layers);
	if (fs->index_obstacle)
		return 0;
	index->fd = index_open(work, layers, fs->n_layers, fs->options.class, err);
	if (index->fd < 0)
		return index->fd;
	pthread_mutex_init(&index->lock, NULL);
	fs->index = steal_ptr(&index);
	return 0;
}

/* A real directory that is reached by its descriptor alone. */
int fs_index_name(struct fs *fs)
{
	uint32_t root = fs->layers[LAYER_UPPER].real;
	uint32_t real = real_add(&fs->table, LAYER_UPPER, root, "", 0);
	int fd = real ? sys(fcntl(fs->index->fd, F_DUPFD_CLOEXEC, 3)) : -ENOMEM;

	if (fd < 0)
		return fd;
	struct fd *pin = fdcache_add(&fs->fds, fd_key(FD_REAL, real), fd, true);
	fd_release(pin);
	fs->index->real = real;
	return pin ? 0 : -ENOMEM;
}

void fs_index_close(struct fs *fs)
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
bool fs_is_indexable(const struct fs *fs, uint16_t layer, const struct stat *st)
{
	bool kept = fs->options.class == XATTR_TRUSTED || S_ISREG(st->st_mode);

	return fs->index && layer != LAYER_UPPER && !S_ISDIR(st->st_mode) && kept &&
	       st->st_nlink > 1 && st->st_dev == fs->layers[layer].dev;
}

int fs_index_stat(struct fs *fs, int fd, struct stat *ret)
{
	pthread_mutex_lock(&fs->index->lock);
	int more = index_more_links(fd, fs->options.class);
	int r = sys(fstat(fd, ret));
	pthread_mutex_unlock(&fs->index->lock);
	if (r == 0)
		ret->st_nlink = (nlink_t)((int)ret->st_nlink + more);
	return r;
}

/* The name in the index of what was FOUND as NAME: 1, or 0 if it has none. */
static int name_of(struct fs *fs, const char *name, const struct found *found, char ret[NAME_SIZE])
{
	auto_ref struct ref dir = REF_NONE;
	uint16_t number = real_at(&fs->table, found->where)->layer;
	const struct fs_layer *layer = &fs->layers[number];
	struct origin origin;
	int dirfd = fs_real_fd(fs, found->where, &dir), r = 1;

	if (dirfd < 0)
		return dirfd;
	if (found->upper)
		r = origin_get_at(dirfd, name, fs->options.class, &origin);
	else
		origin_make_at(dirfd, name, layer->uuid, &origin);
	if (r <= 0)
		return r;
	/* The copy of what has no handle could not be found by its other names. */
	return index_name_of(&origin, ret) < 0 ? (found->upper ? 0 : -EIO) : 1;
}

/* The index says that FOUND is the inode FD. */
static int take_entry(struct fs *fs, int fd, struct found *found)
{
	struct stat st;
	int r = fs_index_stat(fs, fd, &st);

	if (r == 0 && fs->options.ownership == OWNERSHIP_OVERRIDE)
		r = override_get(fd, &st);
	if (r < 0)
		return r;
	found->unaliased = !found->upper;
	found->st = st;
	found->upper = found->origin = found->indexed = true;
	return 0;
}

int fs_index_find(struct fs *fs, const char *name, struct found *found)
{
	uint16_t layer = real_at(&fs->table, found->where)->layer;
	struct stat st;

	if (found->upper ? !found->linked : !fs_is_indexable(fs, layer, &found->st))
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
	if (stat_is_whiteout(&st) || (st.st_mode ^ found->st.st_mode) & S_IFMT)
		return -EIO;
	return take_entry(fs, fd, found);
}

int fs_index_copy_up(const struct fs *fs, const struct copyup_run *what, char ret_name[NAME_SIZE])
{
	struct copyup_run copy = *what;
	int r = index_name_of(what->origin, ret_name);

	if (r < 0)
		return -EIO;
	copy.dir = fs->index->fd;
	copy.name = ret_name;
	copy.more_links = (int)what->st->st_nlink - 1;
	return copyup_run(&copy, NULL);
}

/* Without an intermediate state that would tell a wrong count after a crash: while the upper inode
 * gets a link that the mount shows already, what counts are the lower's, which nobody changes. */
static int add_link(struct fs *fs, int fd, int dirfd, const char *name)
{
	enum xattr_class class = fs->options.class;
	int more = index_more_links(fd, class);
	auto_close int lower = -1;
	struct origin origin;
	struct stat st, lower_st;

	if (fstat(fd, &st) < 0)
		return -errno;
	int r = origin_get(fd, class, &origin);
	for (size_t i = 1; r == 1 && lower < 0 && i < fs->n_layers; i++)
		if (fs->layers[i].has_uuid && origin_is_on(&origin, fs->layers[i].uuid))
			lower = origin_open(fs->layers[i].fd, &origin);
	if (r <= 0 || lower < 0 || fstat(lower, &lower_st) < 0)
		return r < 0 ? r : -EIO;
	int shown = (int)st.st_nlink + more;
	r = index_set_links(fd, class, INDEX_LOWER, shown - (int)lower_st.st_nlink);
	if (r < 0)
		return r;
	int linked = fd_link(fd, dirfd, name);
	r = index_set_links(fd, class, INDEX_UPPER, more - (linked == 0));
	return linked < 0 && linked != -EEXIST ? linked : r;
}

/* A new name changes the directory's times, but nothing that the user did has: as the kernel does.
 */
static int add_link_quietly(struct fs *fs, int fd, int dirfd, const char *name)
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
	(void)fdattr_utimens(dirfd, times);
	return r;
}

/* NODE's place may be another of its names by now. */
static void note_linked(struct fs *fs, uint32_t id, uint32_t parent, const char *name)
{
	pthread_mutex_lock(&fs->table.lock);
	struct node *node = node_at(&fs->table, id);
	if (node->parent == parent && !strcmp(names_get(&fs->table.names, node->name), name))
		node->flags &= (uint16_t)~NODE_UNALIASED;
	pthread_mutex_unlock(&fs->table.lock);
}

static int link_in(struct fs *fs, uint32_t id, const struct upper_dir *dir, const char *name)
{
	auto_ref struct ref ref = REF_NONE;
	int r = fs_node_open(fs, id, &ref);

	if (r >= 0)
		r = fs_mark_impure(fs, dir->real, dir->ref.fd);
	if (r == 0)
		r = add_link_quietly(fs, ref.fd, dir->ref.fd, name);
	if (r < 0)
		return r;
	quota_book(fs->quota, dir->ref.fd);
	quota_book(fs->quota, ref.fd);
	note_linked(fs, id, dir->node, name);
	return 0;
}

/* The count of what is seen no more is kept with what is in the index, so that the copy is made
 * even of what goes: as the kernel does it. */
static int put_into_index(struct fs *fs, uint32_t id)
{
	auto_ref struct ref ref = REF_NONE;
	struct place place;
	struct stat st;
	bool goes = false;

	fs_place_held(fs, id, &place);
	int r = place.dirs || place.flags & NODE_UPPER ? 0 : fs_node_open(fs, id, &ref);
	if (r >= 0 && ref.fd >= 0) {
		r = sys(fstat(ref.fd, &st));
		goes = r == 0 && fs_is_indexable(fs, real_at(&fs->table, place.where)->layer, &st);
	}
	fs_place_release(fs, &place);
	return r < 0 || !goes ? r : fs_copy_up(fs, id);
}

int fs_index_link(struct fs *fs, uint32_t id, const struct upper_dir *dir, const char *name)
{
	struct place place;

	if (!fs->index || !id)
		return 0;
	int r = put_into_index(fs, id);
	if (r < 0)
		return r;
	fs_place(fs, id, &place);
	return place.flags & NODE_INDEXED ? link_in(fs, id, dir, name) : 0;
}

int fs_index_link_place(struct fs *fs, uint32_t id)
{
	auto_upper_dir struct upper_dir dir = UPPER_DIR_NONE;
	struct place place;
	int r = 0;

	fs_place_held(fs, id, &place);
	if (place.flags & NODE_UNALIASED && !(place.flags & NODE_UNLINKED)) {
		r = upper_dir_open(fs, place.parent, &dir);
		if (r == 0)
			r = link_in(fs, id, &dir, place.name);
	}
	fs_place_release(fs, &place);
	return r;
}

void fs_index_unlinked(struct fs *fs, uint32_t id)
{
	auto_ref struct ref ref = REF_NONE;
	struct place place;
	struct stat st;

	if (!fs->index || !id)
		return;
	fs_place(fs, id, &place);
	if (!(place.flags & NODE_INDEXED) || fs_node_fd(fs, id, &ref) < 0 ||
		fs_index_stat(fs, ref.fd, &st) < 0 || st.st_nlink > 0)
		return;
	pthread_mutex_lock(&fs->table.lock);
	struct node *node = node_at(&fs->table, id);
	char name[NAME_SIZE];
	strcpy(name, names_get(&fs->table.names, real_at(&fs->table, node->data)->name));
	real_unref(&fs->table, node->data);
	node->data = 0;
	node->flags &= (uint16_t) ~(NODE_INDEXED | NODE_UNALIASED);
	pthread_mutex_unlock(&fs->table.lock);
	(void)unlinkat(fs->index->fd, name, 0);
}
