/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that gets its name when it is complete: if its writer is killed, the name leads to the old
 * file, to none, or to the complete new one. On a filesystem without nameless files, and between
 * the two system calls of a replacement, the file has a temporary name: unfinished.h describes it,
 * and removes leftovers. */
#pragma once

#include <stdbool.h>

#include "common/image/unfinished.h"
#include "common/shale.h"

struct outfile {
	int dir; /* the file's directory until it is published; the caller's */
	int fd;
	bool synced;
	char temp[UNFINISHED_SIZE]; /* the file's temporary name there; "" if it has none */
};

/* Starts a file in directory DIR, with mode 0666 less the umask. */
int outfile_open(int dir, struct outfile *ret, struct shale_error *err);
/* Syncs the file. The caller must not write to it after that. */
int outfile_sync(struct outfile *file, struct shale_error *err);
/* Names the file NAME in DIR, any directory of the same filesystem, and replaces an older file;
 * syncs it first if that was not done. The name is durable after an fsync of DIR. */
int outfile_publish(struct outfile *file, int dir, const char *name, struct shale_error *err);
/* Removes the file if it was not published. */
void outfile_close(struct outfile *file);
