/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/mountplace.h"

#include "common/base/scope.h"
#include "common/base/mountid.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static uint64_t mount_at(int parent, const char *name)
{
	return mount_unique_id_at(parent, name);
}

int mountplace_open(const char *path, struct mountplace *ret)
{
	const char *slash = strrchr(path, '/');

	if (!slash || !slash[1] || strlen(slash + 1) > 255)
		return -EINVAL;
	auto_free char *above = slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	if (!above)
		return -ENOMEM;
	auto_close int parent = sys(open(above, O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (parent < 0)
		return parent;
	snprintf(ret->path, sizeof(ret->path), "/proc/self/fd/%d/%s", parent, slash + 1);
	ret->parent = steal_fd(&parent);
	mountplace_look(ret);
	return 0;
}

void mountplace_look(struct mountplace *place)
{
	place->mount = mount_at(place->parent, strrchr(place->path, '/') + 1);
}

uint64_t mountplace_mount(const char *path)
{
	auto_mountplace struct mountplace place = MOUNTPLACE_NONE;

	return mountplace_open(path, &place) < 0 ? 0 : place.mount;
}

void mountplace_close(struct mountplace *place)
{
	cleanup_close(&place->parent);
	*place = MOUNTPLACE_NONE;
}

int mountplace_umount(const char *path, uint64_t unique_id, int flags)
{
	auto_mountplace struct mountplace place = MOUNTPLACE_NONE;
	auto_free char *now = NULL;
	int r = mountplace_open(path, &place);

	/* A directory above the mount point may have been renamed, so that the path leads elsewhere
	 * now. Ask the kernel where the mount with this id is. */
	if (unique_id && (r < 0 || place.mount != unique_id)) {
		now = mount_point_of(unique_id);
		mountplace_close(&place);
		r = now ? mountplace_open(now, &place) : -ESTALE;
	}
	if (r < 0)
		return r;
	if (unique_id && place.mount != unique_id)
		return -ESTALE;
	r = sys(umount2(place.path, flags | UMOUNT_NOFOLLOW));
	/* If /proc is not mounted, the path through the descriptor does not exist. */
	return r == -ENOENT ? sys(umount2(path, flags | UMOUNT_NOFOLLOW)) : r;
}
