/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory as the kernel is told of it. A short plain name is told as it is. Any other goes by
 * its descriptor, as /proc/self/fd/N: fsconfig(2) takes 255 bytes, mount(2) one page for
 * everything, and how ':' ',' '\' and '"' are to be escaped differs between options and between
 * kernels.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/shale.h"

#define FD_DIR "/proc/self/fd"

struct name {
	char *text;
	int fd; /* -1: it goes by its own name */
};

/* How a name is told. */
enum naming {
	NAME_SHORT,  /* by itself where it can be, else as /proc/self/fd/N */
	NAME_NUMBER, /* as N, for a caller whose working directory is /proc/self/fd */
};

/* PATH is relative to the working directory, or absolute. */
int name_open(struct name *name, const char *path, enum naming naming, struct shale_error *err);
void name_close(struct name *name);
