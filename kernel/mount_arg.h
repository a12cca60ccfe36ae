/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory's name in a form that the kernel accepts. A short plain name is used as it is. Any
 * other is replaced by /proc/self/fd/N: fsconfig(2) takes 255 bytes, mount(2) takes one page for
 * all names, and the escapes of ':' ',' '\' and '"' differ between options and kernels.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/shale.h"

#define FD_DIR "/proc/self/fd"

struct name {
	char *text;
	int fd; /* -1: NAME is the directory's own name */
};

/* In which form a mount call gets a name. */
enum naming {
	NAME_SHORT,  /* the name itself if possible, else /proc/self/fd/N */
	NAME_NUMBER, /* the number N alone, for a caller whose working directory is /proc/self/fd */
};

/* Opens PATH, unless it can be used as it is. PATH is absolute, or relative to the working
 * directory. */

int mount_arg_open(
	struct name *name, const char *path, enum naming naming, struct shale_error *err);
void mount_arg_close(struct name *name);
