/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file being written that gets its name last: whoever is killed leaves the old file, or none, or
 * the new one. Where a filesystem cannot hold a nameless file, it leaves a name besides, and
 * between two system calls of a replacement: unfinished.h says which, and how it goes away. */
#pragma once

#include <stdbool.h>

#include "common/image/unfinished.h"
#include "common/shale.h"

struct outfile {
	int dir; /* where it is until then; the caller's */
	int fd;
	bool synced;
	char temp[UNFINISHED_SIZE]; /* its name there; "" while it has none */
};

/* Starts a file in directory DIR, mode 0666 less the umask. */
int outfile_open(int dir, struct outfile *ret, struct shale_error *err);
/* Writes it to the disk; nothing may be written to it after that. */
int outfile_sync(struct outfile *file, struct shale_error *err);
/* The same if need be, and calls it NAME in DIR, any directory of the same filesystem, in the
 * place of what has that name. The name is durable after an fsync of DIR. */
int outfile_publish(struct outfile *file, int dir, const char *name, struct shale_error *err);
/* Gives up what is not published. */
void outfile_close(struct outfile *file);
