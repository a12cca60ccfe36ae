/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/descriptors/pins.h"
#include "fuse/merge/descriptors/limits.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"

#include <fcntl.h>
#include <string.h>

#define PREFIX "pin." /* no temporary name begins with it */

struct pin_name {
	char text[32];
};

static struct pin_name name_of(uint32_t node)
{
	struct pin_name name;

	snprintf(name.text, sizeof(name.text), PREFIX "%u", node);
	return name;
}

static int keep_name(struct fs *fs, uint32_t node, int fd)
{
	struct pin_name name = name_of(node);
	int r = fd_link(fd, fs->work, name.text);

	if (r == 0)
		atomic_fetch_add(&fs->named_pins, 1);
	/* Some files may have no other name: it is descriptors that are wanting. */
	return r < 0 && r != -EEXIST ? -EMFILE : 0;
}

static int keep_descriptor(struct fs *fs, uint64_t key, int fd)
{
	struct fd *pin = fdcache_add(&fs->fds, key, fd, true);

	fd_release(pin);
	return pin ? 0 : -ENOMEM;
}

/* An O_PATH descriptor of its own. A pin may stay for long: not one that is open for writing. */
static int take_own(struct fs *fs, struct ref *ref, bool regular)
{
	if (ref->cached && regular)
		return with_room(fs, fd_reopen(ref->fd, O_PATH));
	if (ref->cached || ref->borrowed)
		return with_room(fs, sys(fcntl(ref->fd, F_DUPFD_CLOEXEC, 3)));
	return steal_fd(&ref->fd);
}

int fs_pin(struct fs *fs, uint32_t node)
{
	auto_ref struct ref ref = REF_NONE;
	struct place place;

	if (!node)
		return 0;
	fs_place(fs, node, &place);
	/* What lies in a lower layer is found by its name as before: nothing goes away there. */
	if (!(place.flags & NODE_UPPER))
		return 0;
	int fd = fs_node_fd(fs, node, &ref);
	if (fd < 0)
		return fd;
	if (!fdcache_may_pin(&fs->fds))
		return place.dirs ? 0 : keep_name(fs, node, fd);
	int own = take_own(fs, &ref, S_ISREG(place.type));
	if (own < 0)
		return own;
	return keep_descriptor(
		fs, place.dirs ? fd_key(FD_REAL, place.dirs) : fd_key(FD_PIN, node), own);
}

int fs_pin_fd(struct fs *fs, uint32_t node, int fd)
{
	auto_close int own = fd;

	if (!fdcache_may_pin(&fs->fds))
		return keep_name(fs, node, own);
	return keep_descriptor(fs, fd_key(FD_PIN, node), steal_fd(&own));
}

static bool drop_name(struct fs *fs, uint32_t node)
{
	if (!atomic_load(&fs->named_pins) || unlinkat(fs->work, name_of(node).text, 0) < 0)
		return false;
	atomic_fetch_sub(&fs->named_pins, 1);
	return true;
}

void fs_unpin(struct fs *fs, uint32_t node)
{
	if (node)
		drop_name(fs, node);
}

static void book_unlinked(struct fs *fs, uint32_t id, uint32_t dirs)
{
	struct fd *pin = fdcache_get(&fs->fds, dirs ? fd_key(FD_REAL, dirs) : fd_key(FD_PIN, id));

	if (pin)
		quota_unlinked(fs->quota, id, pin->fd);
	fd_release(pin);
}

void fs_unlinked(struct fs *fs, uint32_t id)
{
	if (!id)
		return;
	pthread_mutex_lock(&fs->table.lock);
	struct node *node = node_at(&fs->table, id);
	node->flags |= NODE_UNLINKED;
	/* What keeps the inode keeps its number, too, from being used again; a name is not kept.
	 */
	if (node->flags & NODE_BY_NAME || node->dirs)
		node_unhash(&fs->table, id);
	uint32_t dirs = node->dirs;
	bool upper = node->flags & NODE_UPPER;
	if (dirs && upper)
		real_at(&fs->table, dirs)->flags |= REAL_GONE;
	pthread_mutex_unlock(&fs->table.lock);
	if (fs->quota && upper)
		book_unlinked(fs, id, dirs);
}

int pin_open(struct fs *fs, uint32_t node, struct ref *ret)
{
	struct fd *pin = fdcache_get(&fs->fds, fd_key(FD_PIN, node));

	if (pin) {
		*ret = (struct ref){ .fd = pin->fd, .cached = pin };
		return pin->fd;
	}
	if (!atomic_load(&fs->named_pins))
		return -ESTALE;
	int fd = with_room(
		fs, sys(openat(fs->work, name_of(node).text, O_PATH | O_NOFOLLOW | O_CLOEXEC)));
	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	*ret = (struct ref){ .fd = fd };
	return fd;
}

bool pin_is_name(struct fs *fs, uint32_t node)
{
	return atomic_load(&fs->named_pins) &&
	       faccessat(fs->work, name_of(node).text, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool pin_drop(struct fs *fs, uint32_t node)
{
	fdcache_drop(&fs->fds, fd_key(FD_PIN, node));
	return drop_name(fs, node);
}

void pins_close(struct fs *fs)
{
	if (!atomic_load(&fs->named_pins))
		return;
	auto_close int fd = sys(openat(fs->work, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return;
	fd = -1;
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
}
