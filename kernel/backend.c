/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/backend.h"

#include "kernel/mount.h"
#include "kernel/probe.h"

const struct shale_backend_ops shale_backend_kernel = {
	.name = "kernel",
	.probe = shale_kernel_probe,
	.mount = shale_kernel_mount,
	.umount = shale_kernel_umount,
	.detach = shale_kernel_detach,
	.upper_life = shale_kernel_upper_life,
};
