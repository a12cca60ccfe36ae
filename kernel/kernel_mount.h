/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounting and unmounting a stack of layers by the kernel's overlayfs.
 *
 * The options are spelled out, so that a mount means the same on every host, whatever the defaults
 * of the module (/sys/module/overlay/parameters) are there:
 *
 *   redirect_dir=follow  finds renamed directories in layers, but makes none (-EXDEV, as on the
 *                        FUSE backend), so that a layer's diff stands alone
 *   metacopy=off         gives each upper file its data, for the same reason
 *   index=off            lets layers be copied elsewhere, or used by two mounts in turn
 *   nfs_export=off       is needed with index=off
 *   xino=auto            keeps inode numbers stable if layers are on different filesystems
 *
 * If a lower layer has metacopies, redirect_dir=on,metacopy=on are used instead: the kernel follows
 * metacopies only if it may also make them.
 *
 * With userxattr (in a user namespace) the kernel neither follows nor makes redirects and
 * metacopies, and refuses options that ask for it. The other options are the same.
 */
#pragma once

#include "common/backend.h"

/* Returns the options above, as they are for this process, NULL-terminated, in a static array. */
const char *const *kernel_options(enum xattr_class class);

/* Work as in struct backend_ops. The kernel needs two lower layers. So a read-only stack of a
 * single layer gets the empty directory HOME/staging/.empty as a second one; a bind mount would
 * show whiteouts and overlay xattrs as they are on the disk. */
int kernel_mount(const struct mount_spec *spec, struct shale_error *err);
int kernel_umount(const struct mounted *mounted, struct shale_error *err);
int kernel_detach(const struct mounted *mounted, struct shale_error *err);
/* Whether any mount in any namespace uses the upper directory. Asks the kernel by a mount with
 * index=on that cannot succeed: if the directory is in use, the error is EBUSY, otherwise another
 * one. Each call leaves a line in the host's kernel log. */
enum life kernel_upper_life(int home, const char *upper, const char *work);
