/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/copyup/copyup_node.h"
#include "fuse/merge/descriptors/locate.h"

#include "common/base/scope.h"

#include <fcntl.h>

/* Returns the flags to open NODE for reading. Like the kernel, reading updates no access time in a
 * lower layer. */
static int flags_to_read(struct fs *fs, uint32_t node)
{
	struct place place;

	locate_place(fs, node, &place);
	bool lower = !(place.flags & NODE_UPPER) || (place.data && !(place.flags & NODE_INDEXED));
	return O_RDONLY | (lower || fs->options.atime == ATIME_NEVER ? O_NOATIME : 0);
}

static int open_and_cache(struct fs *fs, uint32_t node, struct ref *ret)
{
	auto_ref struct ref path = REF_NONE;
	int fd = locate_data_open(fs, node, &path);

	if (fd >= 0)
		fd = locate_open_own(fs, fd, flags_to_read(fs, node));
	if (fd < 0)
		return fd;
	struct fd *cached = fdcache_add(&fs->fds, fd_key(FD_READ, node), fd, false);
	if (!cached)
		return -ENOMEM;
	*ret = (struct ref){ .fd = cached->fd, .cached = cached };
	return cached->fd;
}

/* Returns a number that changes when NODE's data are copied up. */
static uint64_t state_of(struct fs *fs, uint32_t node)
{
	struct place place;

	locate_place(fs, node, &place);
	return (uint64_t)(place.flags & NODE_UPPER) << 32 | place.data;
}

void fs_read_anew(struct fs *fs, uint32_t node)
{
	fdcache_drop(&fs->fds, fd_key(FD_READ, node));
}

int fs_open_read(struct fs *fs, uint32_t node, struct ref *ret)
{
	uint64_t key = fd_key(FD_READ, node);
	struct fd *cached = fdcache_get(&fs->fds, key);

	if (cached) {
		*ret = (struct ref){ .fd = cached->fd, .cached = cached };
		return cached->fd;
	}
	for (;;) {
		uint64_t state = state_of(fs, node);
		int fd = open_and_cache(fs, node, ret);
		/* If the data were copied up between the open and the caching, the cached
		 * descriptor is the lower file's: drop it and open again. */
		if (fd < 0 || state_of(fs, node) == state)
			return fd;
		fdcache_drop(&fs->fds, key);
		ref_release(ret);
	}
}

static int open_writer(struct fs *fs, uint32_t node, struct fd **ret)
{
	auto_ref struct ref path = REF_NONE;
	int r = copyup_node_data(fs, node, UINT64_MAX);

	/* The copy-up may have left the copy open: use that descriptor. */
	*ret = r == 0 ? writers_get(fs->writers, node) : NULL;
	if (*ret)
		return 0;
	if (r == 0)
		r = locate_node_open(fs, node, &path);
	if (r >= 0)
		r = locate_node_check(fs, node, path.fd);
	if (r >= 0)
		r = locate_open_own(fs, path.fd, O_RDWR);
	if (r < 0)
		return r;
	*ret = writers_add(fs->writers, node, r);
	return *ret ? 0 : -ENOMEM;
}

int fs_open_write(struct fs *fs, uint32_t node, struct ref *ret)
{
	struct fd *writer = writers_get(fs->writers, node);
	int r = writer ? 0 : open_writer(fs, node, &writer);

	if (r < 0)
		return r;
	*ret = (struct ref){ .fd = writer->fd, .cached = writer };
	return writer->fd;
}

int fs_sync(struct fs *fs, uint32_t node, bool data_only)
{
	auto_ref struct ref path = REF_NONE;

	/* A file that never was in an upper layer does not change, so it needs no sync. */
	if (fs->options.no_sync || !locate_was_upper(fs, node))
		return 0;
	int r = locate_node_open(fs, node, &path);
	if (r < 0)
		return r;
	r = sys(data_only ? fdatasync(path.fd) : fsync(path.fd));
	if (r != -EBADF)
		return r;
	auto_close int fd = locate_open_own(fs, path.fd, flags_to_read(fs, node));
	return fd < 0 ? fd : sys(data_only ? fdatasync(fd) : fsync(fd));
}
