/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file with a daemon's process id. */
#pragma once

#include <limits.h>

struct pidfile {
	int dir;                 /* -1: no file was asked for */
	const char *name;        /* the last part of the given path */
	char temp[NAME_MAX + 1]; /* its name until it is published */
};
#define PIDFILE_NONE ((struct pidfile){ .dir = -1 })

/* Writes the id of this process to a file beside PATH (NULL: no file), readable by all users. Call
 * it before the mount exists, which could cover the path. 0 or a negative errno. */
int pidfile_open(const char *path, struct pidfile *ret);
/* Gives the file its name. Replaces a file of that name, and never follows or overwrites it. 0 or a
 * negative errno; closes the directory. */
int pidfile_publish(struct pidfile *pidfile);
/* Removes the file unless it was published. */
void pidfile_discard(struct pidfile *pidfile);
