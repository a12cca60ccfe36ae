/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Visits every name in a directory tree of any depth and width, with one descriptor and little
 * memory. Other processes may change the tree meanwhile. */
#pragma once

#include <sys/types.h>

/* A name that is visited: NAME in DIRFD. PATH is relative to the root of the walk. Both are valid
 * until FN returns. */
struct treewalk_name {
	int dirfd;
	const char *name, *path;
	unsigned char type; /* DT_REG, ... */
	ino_t ino;          /* the inode number that readdir(3) reports */
	size_t depth;       /* number of names in PATH */
};

struct treewalk {
	/* Called for each name in bytewise order. A directory's contents follow it directly. A
	 * negative errno ends the walk. */
	int (*fn)(void *arg, const struct treewalk_name *at);
	void *arg;
	/* Opens the directory NAME in DIRFD, to go into it; -EXDEV skips it. NULL: the walk goes
	 * into each directory. */
	int (*open_child)(int dirfd, const char *name);
	/* Opens the directory FD again with FLAGS. NULL: uses openat(2). */
	int (*open_dir)(int fd, int flags);
};

/* Walks through the tree below the directory ROOT. May miss a name that is moved meanwhile. Returns
 * -ESTALE if it cannot find its way back after such a move. */
int treewalk_run(const struct treewalk *walk, int root);
