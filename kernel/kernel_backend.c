/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/backend.h"

#include "kernel/kernel_mount.h"
#include "kernel/probe/probe.h"

const struct backend_ops backend_kernel = {
	.name = "kernel",
	.fs_type = "overlay",
	.gives = { [NEED_SIZE] = "project-quota", [NEED_IDMAP] = "idmapped" },
	.probe = kernel_probe,
	.mount = kernel_mount,
	.umount = kernel_umount,
	.detach = kernel_detach,
	.upper_life = kernel_upper_life,
};
