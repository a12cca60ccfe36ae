/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file being written that gets its name last: a crash leaves the old file, or none, or the new.
 */
#pragma once

#include "common/shale.h"

struct outfile {
	int dir; /* where it is until then; the caller's */
	int fd;
	char temp[32]; /* its name there; "" while it has none */
};

/* Starts a file in directory DIR, mode 0666 less the umask. */
int outfile_open(int dir, struct outfile *ret, struct shale_error *err);
/* Writes it to the disk and calls it NAME in DIR, any directory of the same filesystem, in the
 * place of what has that name. The name is durable after an fsync of DIR. */
int outfile_publish(struct outfile *file, int dir, const char *name, struct shale_error *err);
/* Gives up what is not published. */
void outfile_close(struct outfile *file);
