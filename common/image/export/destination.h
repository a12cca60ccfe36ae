/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One output file named by the user: replaced as a whole when it is complete; or a pipe. */
#pragma once

#include "common/image/outfile.h"
#include "common/shale.h"

struct destination {
	char *base; /* the file's name in its directory; NULL: no file but a stream */
	int dir;
	int stream;          /* a pipe or terminal; -1 for a file */
	struct outfile file; /* what to write to: file.fd, seekable */
};

struct export_to {
	int spool;  /* the directory of nameless files, for what goes into a stream */
	bool force; /* replace any file, not only an archive */
};

/* PATH may be a symbolic link: the file that it leads to is replaced. "-" is standard output. A
 * terminal is refused (-ENOTTY), and what is no archive (-EEXIST; overwrite.h). For a stream, what
 * is written lies in a nameless file until the commit. */
int destination_open(const char *path, const struct export_to *how, struct destination *ret,
	struct shale_error *err);
/* Durable, and visible under its name. */
int destination_commit(struct destination *destination, struct shale_error *err);
void destination_close(struct destination *destination);
