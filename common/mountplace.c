/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/mountplace.h"

#include "common/cleanup.h"
#include "common/mountid.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static uint64_t mount_at(int parent, const char *name)
{
	return shale_mount_unique_id_at(parent, name);
}

int shale_mountplace_open(const char *path, struct shale_mountplace *ret)
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
	shale_mountplace_look(ret);
	return 0;
}

void shale_mountplace_look(struct shale_mountplace *place)
{
	place->mount = mount_at(place->parent, strrchr(place->path, '/') + 1);
}

uint64_t shale_mountplace_mount(const char *path)
{
	auto_mountplace struct shale_mountplace place = SHALE_MOUNTPLACE_NONE;

	return shale_mountplace_open(path, &place) < 0 ? 0 : place.mount;
}

void shale_mountplace_close(struct shale_mountplace *place)
{
	cleanup_close(&place->parent);
	*place = SHALE_MOUNTPLACE_NONE;
}

int shale_mountplace_umount(const char *path, uint64_t unique_id, int flags)
{
	auto_mountplace struct shale_mountplace place = SHALE_MOUNTPLACE_NONE;
	auto_free char *now = NULL;
	int r = shale_mountplace_open(path, &place);

	/* What lies above it may have been renamed. */
	if (unique_id && (r < 0 || place.mount != unique_id)) {
		now = shale_mount_point_of(unique_id);
		shale_mountplace_close(&place);
		r = now ? shale_mountplace_open(now, &place) : -ESTALE;
	}
	if (r < 0)
		return r;
	if (unique_id && place.mount != unique_id)
		return -ESTALE;
	r = sys(umount2(place.path, flags | UMOUNT_NOFOLLOW));
	/* Without /proc. */
	return r == -ENOENT ? sys(umount2(path, flags | UMOUNT_NOFOLLOW)) : r;
}
