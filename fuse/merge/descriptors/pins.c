/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/descriptors/pins.h"
#include "fuse/merge/descriptors/limits.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define PREFIX "pin." /* no other name in the work directory begins like this */

struct pin_name pin_name_of(uint32_t node)
{
	struct pin_name name;

	snprintf(name.text, sizeof(name.text), PREFIX "%u", node);
	return name;
}

void pin_named(struct fs *fs)
{
	atomic_fetch_add(&fs->named_pins, 1);
}

int pin_take_name(struct fs *fs, uint32_t node, int dirfd, const char *name, bool directory)
{
	struct pin_name pin = pin_name_of(node);
	bool moves = directory || fs->lacks & LACKS_LINKS ||
		     linkat(dirfd, name, fs->work, pin.text, 0) < 0;
	int r = moves ? sys(renameat(dirfd, name, fs->work, pin.text)) : 0;

	if (r < 0)
		return r;
	pin_named(fs);
	return moves;
}

uint32_t pin_node_of(const char *name)
{
	uint32_t node;

	return sscanf(name, PREFIX "%" SCNu32, &node) == 1 ? node : 0;
}

int pin_keep_name(struct fs *fs, uint32_t node, int fd)
{
	struct pin_name name = pin_name_of(node);
	int r = opath_link(fd, fs->work, name.text);

	if (r == 0)
		pin_named(fs);
	/* Makes a descriptor the pin of a file, for example of one made without a name. A name
	 * cannot replace the pin: the file can get none, and there may be no free descriptor. */

	return r < 0 && r != -EEXIST ? -EMFILE : 0;
}

int pin_keep_fd(struct fs *fs, uint64_t key, int fd)
{
	struct fd *pin = fdcache_add(&fs->fds, key, fd, true);

	fd_release(pin);
	return pin ? 0 : -ENOMEM;
}

int pin_keep_nameless(struct fs *fs, uint32_t node, int fd)
{
	auto_close int own = fd;

	if (!fdcache_may_pin(&fs->fds))
		return pin_keep_name(fs, node, own);
	return pin_keep_fd(fs, fd_key(FD_PIN, node), steal_fd(&own));
}

bool pin_drop_name(struct fs *fs, uint32_t node)
{
	struct pin_name name = pin_name_of(node);

	if (!atomic_load(&fs->named_pins) ||
		(unlinkat(fs->work, name.text, 0) < 0 &&
			unlinkat(fs->work, name.text, AT_REMOVEDIR) < 0))
		return false;
	atomic_fetch_sub(&fs->named_pins, 1);
	return true;
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
		fs, sys(openat(fs->work, pin_name_of(node).text, O_PATH | O_NOFOLLOW | O_CLOEXEC)));
	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	*ret = (struct ref){ .fd = fd };
	return fd;
}

bool pin_is_name(struct fs *fs, uint32_t node)
{
	return atomic_load(&fs->named_pins) &&
	       faccessat(fs->work, pin_name_of(node).text, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool pin_drop(struct fs *fs, uint32_t node)
{
	fdcache_drop(&fs->fds, fd_key(FD_PIN, node));
	return pin_drop_name(fs, node);
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
			if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
				(void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
}
