/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file with a daemon's process id. */
#pragma once

#include <limits.h>

struct pidfile {
	int dir;                 /* directory of the file; -1: no file was asked for */
	const char *name;        /* the file's name: the last part of the given path */
	char temp[NAME_MAX + 1]; /* the file's temporary name until it is published */
};
#define PIDFILE_NONE ((struct pidfile){ .dir = -1 })

/* Writes the id of this process to a temporary file beside PATH (NULL: no file), readable by all
 * users. Call it before the mount exists, which could cover the path. Returns 0 or a negative
 * errno. */
int pidfile_open(const char *path, struct pidfile *ret);
/* Gives the file its name. Replaces a file of that name, and never follows a link or overwrites a
 * file in place. Closes the directory. Returns 0 or a negative errno. */
int pidfile_publish(struct pidfile *pidfile);
/* Removes the file unless it was published. */
void pidfile_discard(struct pidfile *pidfile);
