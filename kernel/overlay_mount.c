/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/overlay_mount.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "kernel/overlay_mount_context.h"
#include "kernel/overlay_mount_data.h"

#include <string.h>
#include <sys/mount.h>

/* Explains the usual errors of the kernel's overlayfs, and gives a remedy. */
static int explain(int code, const struct overlay *overlay, struct shale_error *err)
{
	switch (code) {
	case -EPERM:
		error_remedy(err, code,
			"an overlay mount needs CAP_SYS_ADMIN: run as root, or inside `shale "
			"unshare` (Linux 5.11 or newer)");
		break;
	case -ENODEV:
		error_remedy(err, code, "this kernel has no overlayfs: `modprobe overlay`");
		break;
	case -ELOOP:
		error_remedy(err, code, "one of the layers contains another one");
		break;
	case -EINVAL:
		error_remedy(err, code, "the last lines of `dmesg` give the kernel's reason%s",
			overlay->label ? "; a label needs SELinux in the kernel" : "");
		break;
	default:
		break;
	}
	return error_fail(err, code, "mount overlay");
}

int overlay_mount(const struct overlay *overlay, const char *target, struct shale_error *err)
{
	int r = overlay_mount_context(overlay, target, err);

	if (r == -ENOSYS)
		r = overlay_mount_data(overlay, target, err);
	if (r < 0)
		return explain(r, overlay, err);
	/* Make the mount private: it has inherited the propagation type of its mount point, so
	 * mounts in the merged view would propagate to other namespaces. */
	r = sys(mount(NULL, target, NULL, MS_PRIVATE, NULL));
	if (r < 0) {
		(void)umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW);
		return error_fail(err, r, "make the mount private");
	}
	return 0;
}
