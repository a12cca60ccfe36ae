/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps files that one entry of a stream made and a later entry replaced. They are kept in
 * ASIDE, because the record of the stream names them; at the end their data are copied into the
 * record. */
#pragma once

#include <sys/stat.h>

#include "common/shale.h"

/* Moves NAME of DIRFD, a regular file or a directory with its contents, to ASIDE, an empty
 * directory on the same filesystem. *COUNTER makes the names in ASIDE unique. */
int stream_put_aside(
	int aside, int dirfd, const char *name, const struct stat *st, unsigned long *counter);

/* Copies the record FROM to TO. The data of a file that is no longer at its path below ROOT are
 * copied into TO. INOS has the inode number of each file that the record names, in the format of
 * stream_writer.h. */
struct stream_rewrite {
	int from, inos, to;
	int root, aside;
	unsigned long replaced; /* the last value of stream_put_aside's counter */
};
int stream_rewrite(const struct stream_rewrite *what, struct shale_error *err);
