/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file that tells a daemon's process id. */
#pragma once

struct pidfile {
	int dir;          /* -1: none is wanted */
	const char *name; /* in the path that it was opened with */
};
#define PIDFILE_NONE ((struct pidfile){ .dir = -1 })

/* Finds the place of PATH (NULL: none), where nothing is made yet. To be called before there is a
 * mount that the path could lead through. 0 or a negative errno. */
int pidfile_open(const char *path, struct pidfile *ret);
/* Writes the number of this process, for everybody to read. A file of that name is replaced,
 * and never followed or written to. 0 or a negative errno; closes the place. */
int pidfile_write(struct pidfile *pidfile);
