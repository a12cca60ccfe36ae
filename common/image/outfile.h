/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that gets its name only when it is complete. If its writer is killed, the name leads to
 * the old file, to no file, or to the complete new one. On a filesystem without nameless files
 * (O_TMPFILE), and for a moment when a file is replaced, the file has a temporary name:
 * unfinished.h describes it, and removes leftovers. */
#pragma once

#include <stdbool.h>

#include "common/image/unfinished.h"
#include "common/shale.h"

struct outfile {
	int dir; /* directory of the file until it is published; stays the caller's */
	int fd;
	bool synced;
	char temp[UNFINISHED_SIZE]; /* temporary name of the file in DIR; "": it has none */
};

/* Starts a file in directory DIR, with mode 0666 less the umask. */
int outfile_open(int dir, struct outfile *ret, struct shale_error *err);
/* Syncs the file. The caller must not write to it after that. */
int outfile_sync(struct outfile *file, struct shale_error *err);
/* Gives the file NAME in DIR, a directory on the same filesystem, and replaces an older file there.
 * Syncs the file first if outfile_sync did not. The name is on the disk after an fsync of DIR by
 * the caller. */
int outfile_publish(struct outfile *file, int dir, const char *name, struct shale_error *err);
/* Removes the file if it was not published. */
void outfile_close(struct outfile *file);
