/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/feature.h"

#include "kernel/try.h"

const struct shale_kernel_feature shale_kernel_features[] = {
	{ "overlay", shale_try_overlay,
		"load the module `overlay`, or use the FUSE backend (--backend fuse)" },
	{ "d_type", shale_try_d_type, "put HOME on ext4, xfs, btrfs or tmpfs (--home DIR)" },
	{ "opaque", shale_try_opaque, "put HOME on a filesystem with xattrs (--home DIR)" },
	{ "redirect", shale_try_redirect, "Linux 4.10 or newer has it" },
	{ "metacopy", shale_try_metacopy, "Linux 4.19 or newer has it" },
	{ "userxattr", shale_try_userxattr, "Linux 5.11 or newer has it" },
	{ "volatile", shale_try_volatile, "Linux 5.10 or newer has it" },
	{ "index", shale_try_index,
		"put HOME on ext4, xfs or btrfs, and mount as root outside of user namespaces" },
	{ "xino", shale_try_xino, "put HOME on ext4, xfs, btrfs or tmpfs (--home DIR)" },
	{ "lowerdir+", shale_try_lowerdir_plus, "Linux 6.7 or newer has it" },
	{ "data-only", shale_try_data_only,
		"Linux 6.5 or newer has it, a later one in user namespaces too" },
	{ "idmapped", shale_try_idmapped, "Linux 5.19 or newer has it, on most filesystems" },
	{ "nesting", shale_try_nesting, "put HOME on another filesystem (--home DIR)" },
	{ "project-quota", shale_try_project_quota,
		"put HOME on xfs or ext4 mounted with `prjquota`, on a kernel with quotas" },
};
const size_t shale_kernel_n_features = sizeof(shale_kernel_features) /
				       sizeof(*shale_kernel_features);
