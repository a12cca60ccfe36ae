/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every name in a directory tree of any depth and width, with one descriptor and little memory,
 * also while somebody works in it. */
#pragma once

#include <sys/types.h>

/* NAME in DIRFD; PATH is from the root of the walk. They live until FN returns. */
struct treewalk_name {
	int dirfd;
	const char *name, *path;
	unsigned char type; /* DT_REG, ... */
	ino_t ino;          /* as the directory has it */
	size_t depth;       /* how many names PATH is made of */
};

struct treewalk {
	/* A name, in bytewise order, a directory's contents right behind it. A negative errno ends
	 * the walk. */
	int (*fn)(void *arg, const struct treewalk_name *at);
	void *arg;
	/* Opens the directory NAME in DIRFD to go into it: -EXDEV leaves it out. NULL: goes into
	 * each. */
	int (*open_child)(int dirfd, const char *name);
	/* Opens anew with FLAGS a directory that FD leads to; NULL: as it may be opened. */
	int (*open_dir)(int fd, int flags);
};

/* Goes through what is below ROOT, a directory. What moves away meanwhile may be missed; -ESTALE if
 * the walk lost its way by that. */
int treewalk_run(const struct treewalk *walk, int root);
