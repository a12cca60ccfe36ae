/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that an entry of a stream made and that a later one took away: they wait aside, because the
 * record of the stream names them. In the end their data go into the record.
 */
#pragma once

#include <sys/stat.h>

#include "common/shale.h"

/* ASIDE is an empty directory on the filesystem of what is put there. Moves NAME of DIRFD, a
 * regular file or a directory with all that is in it, there. *COUNTER makes names unique. */
int stream_put_aside(
	int aside, int dirfd, const char *name, const struct stat *st, unsigned long *counter);

/* Writes the record that FROM is to TO, with the data of the files that are no longer where it says
 * below ROOT. INOS has the inode of each file that it names, as stream_writer.h writes them. */
struct stream_rewrite {
	int from, inos, to;
	int root, aside;
	unsigned long replaced; /* the counter of stream_put_aside */
};
int stream_rewrite(const struct stream_rewrite *what, struct shale_error *err);
