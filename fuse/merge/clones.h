/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layers held as the kernel's overlayfs holds them: by private clones of the mounts that they lie
 * in. Nothing that is mounted within a layer, before or later, is seen there, and an unmount
 * outside needs no leave of the daemon.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct held_dir {
	int fd;       /* O_PATH, or a negative errno */
	bool private; /* in a clone, where there is nothing to cross */
};

/* Opens the N directories PATHS. What lies in one mount lies in one clone, so that files can be
 * moved and linked between them. Where mounts may not be cloned (it takes CAP_SYS_ADMIN, and
 * Linux 5.12) the directories are held as they are; PAIR: the first and the last alike. 0 or
 * -ENOMEM. */
int clones_open(const char *const *paths, size_t n, bool pair, struct held_dir *ret);
