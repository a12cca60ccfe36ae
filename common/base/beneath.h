/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one door to names of several parts that a layer or a store tells: what a part may be, and the
 * walk that cannot leave the directory it begins in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0 if the LENGTH bytes of NAME may be looked up in a directory; -EACCES for nothing, ".", "..",
 * and what has a '/' or a NUL, as the kernel's lookup for overlayfs answers (lookup_one). */
int component_check(const char *name, size_t length);

/* Opens PATH below the directory ROOT with FLAGS (O_CLOEXEC is added), where no part may be a
 * symbolic link or "..", safely also while others change the tree; "" is ROOT. A mount may be
 * crossed. -ELOOP or -ENOTDIR for a link, -EXDEV for "..". */
int beneath_open(int root, const char *path, int flags);
/* The same for a directory, O_PATH. */
int beneath_open_dir(int root, const char *path);

/* How names are resolved; AUTO asks the kernel (openat2) and walks by hand where it cannot. */
enum beneath_way {
	BENEATH_AUTO,
	BENEATH_BY_HAND, /* for tests */
};
void beneath_set_way(enum beneath_way way);
/* openat2(2) with RESOLVE; "" is ROOT. -ENOSYS: walk by hand. */
int beneath_openat2(int root, const char *path, int flags, uint64_t resolve);
/* Cuts the first part off *REST, in place; NULL when there is none left. */
char *component_next(char **rest);
