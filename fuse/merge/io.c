/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/copyup.h"
#include "fuse/merge/descriptors.h"

#include "common/cleanup.h"
#include "common/overlay/fdattr.h"

#include <fcntl.h>

/* The mode is changed, and given back, for as long as the open takes. */
static int open_lent(int fd, int flags)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() ||
		shale_fchmod(fd, (st.st_mode & 07777) | S_IRUSR | S_IWUSR) < 0)
		return -EACCES;
	int opened = shale_reopen(fd, flags);
	(void)shale_fchmod(fd, st.st_mode & 07777);
	return opened;
}

int shale_open_own(int fd, int flags)
{
	int opened = shale_reopen(fd, flags);

	return opened == -EACCES ? open_lent(fd, flags) : opened;
}

int shale_fs_open_own(struct shale_fs *fs, uint32_t node, int fd, int flags)
{
	int opened = shale_with_room(fs, shale_reopen(fd, flags));

	if (opened != -EACCES)
		return opened;
	shale_fs_lock_nodes(fs, &node, 1);
	opened = open_lent(fd, flags);
	shale_fs_unlock_nodes(fs, &node, 1);
	return opened;
}

static int open_and_cache(struct shale_fs *fs, uint32_t node, struct shale_ref *ret)
{
	auto_ref struct shale_ref path = SHALE_REF_NONE;
	int fd = shale_fs_data_open(fs, node, &path);

	if (fd >= 0)
		fd = shale_fs_open_own(fs, node, fd, O_RDONLY);
	if (fd < 0)
		return fd;
	struct shale_fd *cached = shale_fdcache_add(
		&fs->fds, shale_fd_key(SHALE_FD_READ, node), fd, false);
	if (!cached)
		return -ENOMEM;
	*ret = (struct shale_ref){ .fd = cached->fd, .cached = cached };
	return cached->fd;
}

/* Changes when the data are copied up. */
static uint64_t state_of(struct shale_fs *fs, uint32_t node)
{
	struct shale_place place;

	shale_fs_place(fs, node, &place);
	return (uint64_t)(place.flags & SHALE_NODE_UPPER) << 32 | place.data;
}

int shale_fs_open_read(struct shale_fs *fs, uint32_t node, struct shale_ref *ret)
{
	uint64_t key = shale_fd_key(SHALE_FD_READ, node);
	struct shale_fd *cached = shale_fdcache_get(&fs->fds, key);

	if (cached) {
		*ret = (struct shale_ref){ .fd = cached->fd, .cached = cached };
		return cached->fd;
	}
	for (;;) {
		uint64_t state = state_of(fs, node);
		int fd = open_and_cache(fs, node, ret);
		/* A copy-up meanwhile dropped the lower file's descriptor before this one came in.
		 */
		if (fd < 0 || state_of(fs, node) == state)
			return fd;
		shale_fdcache_drop(&fs->fds, key);
		shale_ref_release(ret);
	}
}

static int open_writer(struct shale_fs *fs, uint32_t node, struct shale_fd **ret)
{
	auto_ref struct shale_ref path = SHALE_REF_NONE;
	int r = shale_fs_copy_up_data(fs, node, UINT64_MAX);

	if (r == 0)
		r = shale_fs_node_open(fs, node, &path);
	if (r >= 0)
		r = shale_fs_node_check(fs, node, path.fd);
	if (r >= 0)
		r = shale_fs_open_own(fs, node, path.fd, O_RDWR);
	if (r < 0)
		return r;
	*ret = shale_writers_add(fs->writers, node, r);
	return *ret ? 0 : -ENOMEM;
}

int shale_fs_open_write(struct shale_fs *fs, uint32_t node, struct shale_ref *ret)
{
	struct shale_fd *writer = shale_writers_get(fs->writers, node);
	int r = writer ? 0 : open_writer(fs, node, &writer);

	if (r < 0)
		return r;
	*ret = (struct shale_ref){ .fd = writer->fd, .cached = writer };
	return writer->fd;
}

int shale_fs_sync(struct shale_fs *fs, uint32_t node, bool data_only)
{
	auto_ref struct shale_ref path = SHALE_REF_NONE;

	/* What was never copied up has nothing to write. */
	if (fs->options.no_sync || !shale_fs_is_upper(fs, node))
		return 0;
	int r = shale_fs_node_open(fs, node, &path);
	if (r < 0)
		return r;
	r = sys(data_only ? fdatasync(path.fd) : fsync(path.fd));
	if (r != -EBADF)
		return r;
	auto_close int fd = shale_fs_open_own(fs, node, path.fd, O_RDONLY);
	return fd < 0 ? fd : sys(data_only ? fdatasync(fd) : fsync(fd));
}
