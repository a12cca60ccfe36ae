/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/probe/feature.h"

#include "kernel/probe/try.h"

const struct kernel_feature kernel_features[] = {
	{ "overlay", try_overlay,
		"load the module `overlay`, or use the FUSE backend (--backend fuse)" },
	{ "d_type", try_d_type, "put HOME on ext4, xfs, btrfs or tmpfs (--home DIR)" },
	{ "opaque", try_opaque, "put HOME on a filesystem with xattrs (--home DIR)" },
	{ "redirect", try_redirect, "Linux 4.10 or newer has it" },
	{ "metacopy", try_metacopy, "Linux 4.19 or newer has it" },
	{ "userxattr", try_userxattr, "Linux 5.11 or newer has it" },
	{ "volatile", try_volatile, "Linux 5.10 or newer has it" },
	{ "index", try_index,
		"put HOME on ext4, xfs or btrfs, and mount as root outside of user namespaces" },
	{ "xino", try_xino, "put HOME on ext4, xfs, btrfs or tmpfs (--home DIR)" },
	{ "lowerdir+", try_lowerdir_plus, "Linux 6.7 or newer has it" },
	{ "data-only", try_data_only,
		"Linux 6.5 or newer has it, a later one in user namespaces too" },
	{ "idmapped", try_idmapped, "Linux 5.19 or newer has it, on most filesystems" },
	{ "nesting", try_nesting, "put HOME on another filesystem (--home DIR)" },
	{ "project-quota", try_project_quota,
		"put HOME on xfs or ext4 mounted with `prjquota`, on a kernel with quotas" },
};
const size_t kernel_n_features = sizeof(kernel_features) / sizeof(*kernel_features);
