/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file with a daemon's process id. */
#pragma once

struct pidfile {
	int dir;          /* -1: no file was asked for */
	const char *name; /* the last part of the given path */
};
#define PIDFILE_NONE ((struct pidfile){ .dir = -1 })

/* Opens the directory of PATH (NULL: no file), and makes no file yet. Call it before the mount
 * exists, which could cover the path. 0 or a negative errno. */
int pidfile_open(const char *path, struct pidfile *ret);
/* Writes the id of this process, readable by all users. Replaces a file of that name, and never
 * follows or overwrites it. 0 or a negative errno; closes the directory. */
int pidfile_write(struct pidfile *pidfile);
