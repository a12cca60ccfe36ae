/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that gets its name last: if its writer is killed, the name leads to the old file, to none,
 * or to the new one. On a filesystem without nameless files, and between the two system calls of a
 * replacement, a second name exists: unfinished.h describes it, and removes leftovers. */
#pragma once

#include <stdbool.h>

#include "common/image/unfinished.h"
#include "common/shale.h"

struct outfile {
	int dir; /* its directory until then; the caller's */
	int fd;
	bool synced;
	char temp[UNFINISHED_SIZE]; /* its name there; "" if it has none */
};

/* Starts a file in directory DIR, mode 0666 less the umask. */
int outfile_open(int dir, struct outfile *ret, struct shale_error *err);
/* Syncs the file; it must not be written to after that. */
int outfile_sync(struct outfile *file, struct shale_error *err);
/* Syncs it if need be, and names it NAME in DIR, any directory of the same filesystem, replacing an
 * older file. The name is durable after an fsync of DIR. */
int outfile_publish(struct outfile *file, int dir, const char *name, struct shale_error *err);
/* Removes a file that was not published. */
void outfile_close(struct outfile *file);
