/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/place.h"

#include "common/base/scope.h"
#include "tools/service/failure.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int fail(struct shale_error *err, int code, const char *path)
{
	return failure(err, code, "mount at '%s': %s", path, strerror(-code));
}

static bool is_mounted_at(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Makes the directory for the places. It has Docker's mode: the group of the container's root may
 * enter it, but not list it. */
static int make_home(const struct mapping *mapping)
{
	if (mkdir(mapping->home, 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (chown(mapping->home, (uid_t)-1, mapping->root_gid) < 0 ||
		chmod(mapping->home, 0710) < 0)
		return -errno;
	return 0;
}

int place_show(struct shale_store *store, const char *id, const struct mapping *mapping,
	const struct shale_mount_options *options, char **ret_path, struct shale_error *err)
{
	auto_free char *path = NULL;
	int r = make_home(mapping);

	if (r < 0)
		return fail(err, r, mapping->home);
	if (asprintf(&path, "%s/%s", mapping->home, id) < 0) {
		path = NULL;
		return failure(err, -ENOMEM, "out of memory");
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail(err, -errno, path);
	if (!is_mounted_at(path))
		r = shale_layer_mount(store, id, path, options, err);
	if (r == 0)
		*ret_path = steal_ptr(&path);
	else
		rmdir(path);
	return r;
}

int place_hide(struct shale_store *store, const char *id, const struct mapping *mapping,
	struct shale_error *err)
{
	auto_free char *path = NULL;

	if (asprintf(&path, "%s/%s", mapping->home, id) < 0) {
		path = NULL;
		return failure(err, -ENOMEM, "out of memory");
	}
	if (is_mounted_at(path) && shale_layer_umount(store, path, NULL) < 0 &&
		umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return fail(err, -errno, path);
	if (rmdir(path) < 0 && errno != ENOENT)
		return fail(err, -errno, path);
	return 0;
}
