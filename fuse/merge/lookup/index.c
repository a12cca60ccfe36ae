/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/index.h"
#include "fuse/merge/descriptors/locate.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/origin.h"
#include "common/overlay/override.h"
#include "common/overlay/indexdir.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>

int index_open(struct fs *fs, int work, struct shale_error *err)
{
	size_t n = fs->end - fs->top;
	auto_free struct index_layer *layers = calloc(n, sizeof(*layers));
	auto_free struct index *index = calloc(1, sizeof(*index));

	if (fs->lacks & (LACKS_LINKS | LACKS_XATTRS | LACKS_STABLE_INO)) {
		fs->index_obstacle =
			"the upper filesystem lacks links, xattrs or stable inode numbers";
		return 0;
	}
	if (!layers || !index)
		return error_fail(err, -ENOMEM, "open the index");
	for (size_t i = 0; i < n; i++) {
		const struct fs_layer *layer = &fs->layers[fs->top + i];
		layers[i] = (struct index_layer){ .fd = layer->fd,
			.uuid = layer->has_uuid ? layer->uuid : NULL };
	}
	fs->index_obstacle = indexdir_obstacle(layers, n);
	if (fs->index_obstacle)
		return 0;
	index->fd = indexdir_open(work, layers, n, fs->options.class, err);
	if (index->fd < 0)
		return index->fd;
	pthread_mutex_init(&index->lock, NULL);
	fs->index = steal_ptr(&index);
	return 0;
}

int index_adopt(struct fs *fs, int fd)
{
	fs->index = calloc(1, sizeof(*fs->index));
	if (!fs->index)
		return -ENOMEM;
	fs->index->fd = fd;
	pthread_mutex_init(&fs->index->lock, NULL);
	return 0;
}

/* Enters the index in the table like a real directory. It has no name, so its descriptor is
 * pinned. */
int index_name(struct fs *fs)
{
	uint32_t root = fs->layers[fs->top].real;
	uint32_t real = real_add(&fs->table, fs->top, root, "", 0);
	int fd = real ? sys(fcntl(fs->index->fd, F_DUPFD_CLOEXEC, 3)) : -ENOMEM;

	if (fd < 0)
		return fd;
	struct fd *pin = fdcache_add(&fs->fds, fd_key(FD_REAL, real), fd, true);
	fd_release(pin);
	fs->index->real = real;
	return pin ? 0 : -ENOMEM;
}

void index_close(struct fs *fs)
{
	if (!fs->index)
		return;
	close(fs->index->fd);
	pthread_mutex_destroy(&fs->index->lock);
	free(fs->index);
	fs->index = NULL;
}

/* Whether a file can be in the index. Not if it lies on another filesystem that is mounted inside a
 * layer, since file handles do not lead there. With user. xattrs only regular files and directories
 * can. */
bool index_takes(const struct fs *fs, uint16_t layer, const struct stat *st)
{
	bool kept = fs->options.class == XATTR_TRUSTED || S_ISREG(st->st_mode);

	return fs->index && layer != fs->top && !S_ISDIR(st->st_mode) && kept && st->st_nlink > 1 &&
	       st->st_dev == fs->layers[layer].dev;
}

int index_stat(struct fs *fs, int fd, struct stat *ret)
{
	pthread_mutex_lock(&fs->index->lock);
	int more = indexdir_more_links(fd, fs->options.class);
	int r = sys(fstat(fd, ret));
	pthread_mutex_unlock(&fs->index->lock);
	if (r == 0)
		ret->st_nlink = (nlink_t)((int)ret->st_nlink + more);
	return r;
}

/* Finds the origin of FOUND, called NAME. Returns 1, or 0 if it has none. */
static int origin_of(struct fs *fs, const char *name, const struct found *found, struct origin *ret)
{
	auto_ref struct ref dir = REF_NONE;
	uint16_t layer = real_at(&fs->table, found->where)->layer;

	if (found->upper) {
		*ret = found->origin_mark;
		return found->has_origin;
	}
	int dirfd = locate_real_fd(fs, found->where, &dir);
	if (dirfd < 0)
		return dirfd;
	origin_make_at(dirfd, name, fs->layers[layer].uuid, ret);
	return 1;
}

/* Finds the index name for FOUND, called NAME. Returns 1, or 0 if it has none. */
static int name_of(struct fs *fs, const char *name, const struct found *found, char ret[NAME_SIZE])
{
	struct origin origin;
	int r = origin_of(fs, name, found, &origin);

	if (r <= 0)
		return r;
	/* Without a file handle there is no name for the index, so the copy could not be found by
	 * the file's other names. */
	return indexdir_name_of(&origin, ret) < 0 ? (found->upper ? 0 : -EIO) : 1;
}

/* Makes FOUND the inode FD from the index. */
static int take_entry(struct fs *fs, int fd, struct found *found)
{
	struct stat st;
	int r = index_stat(fs, fd, &st);

	if (r == 0 && fs->options.ownership == OWNERSHIP_OVERRIDE)
		r = override_get(fd, &st);
	if (r < 0)
		return r;
	found->unaliased = !found->upper;
	found->st = st;
	found->upper = found->origin = found->indexed = true;
	return 0;
}

int index_find(struct fs *fs, const char *name, struct found *found)
{
	uint16_t layer = real_at(&fs->table, found->where)->layer;
	struct stat st;

	if (found->upper ? !found->linked : !index_takes(fs, layer, &found->st))
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
	/* A whiteout in the index means that the file has no name any more, but here is one. */
	if (stat_is_whiteout(&st) || (st.st_mode ^ found->st.st_mode) & S_IFMT)
		return -EIO;
	return take_entry(fs, fd, found);
}
