/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns an upper layer that fuse-overlayfs wrote into one that the kernel's overlayfs can mount. */
#pragma once

#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"

/*
 * Converts the tree below the directory DIR, which no mount may use. Marks that are files or xattrs
 * of fuse-overlayfs become marks of the kernel. Owners, modes and types that xattrs hold become
 * real. Each step keeps the meaning, so that an interrupted run can be repeated. Returns how many
 * names were changed, or a negative errno.
 */
long convert_upper(const char *dir, enum xattr_class class, struct shale_error *err);
