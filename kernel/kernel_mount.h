/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounting and unmounting a stack of layers by the kernel's overlayfs.
 *
 * The options are spelled out, so that a mount means the same on every host, whatever the defaults
 * of the module (/sys/module/overlay/parameters) are there:
 *
 *   redirect_dir=follow  renamed directories in layers that have some are found; new ones are not
 *                        made (-EXDEV, as on the FUSE backend), so that a layer's diff stands alone
 *   metacopy=off         an upper file holds its data; for the same reason
 *   index=off            layers may be copied to another place, or used by two mounts in turn
 *   nfs_export=off       goes with index=off
 *   xino=auto            inode numbers stay where the layers lie on different filesystems
 *
 * Where a lower layer holds metacopy files, redirect_dir=on,metacopy=on take their place: the
 * kernel follows such files only where it may also make them.
 *
 * With userxattr (in a user namespace) the kernel neither follows nor makes redirects and metacopy
 * files, and takes no option that asks for it; the other options are the same.
 */
#pragma once

#include "common/backend.h"

/* The options above for this process, NULL-terminated; a static array. */
const char *const *kernel_options(enum xattr_class class);

/* As in struct backend_ops. A read-only stack of one layer is mounted over the empty directory
 * HOME/staging/.empty, which is made when needed: the kernel needs two lowers, and a bind mount
 * would show whiteouts and overlay xattrs as they are on the disk. */
int kernel_mount(const struct mount_spec *spec, struct shale_error *err);
int kernel_umount(const struct mounted *mounted, struct shale_error *err);
int kernel_detach(const struct mounted *mounted, struct shale_error *err);
/* The kernel knows which upper directories are in use by any mount in any namespace. This tries a
 * mount with index=on that cannot succeed: EBUSY comes before the other error. It leaves a line in
 * the host's log. */
enum life kernel_upper_life(int home, const char *upper, const char *work);
