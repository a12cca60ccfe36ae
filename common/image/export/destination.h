/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The output file that the user names: a regular file, which is replaced as a whole when the new
 * one is complete, or a pipe. */
#pragma once

#include "common/image/outfile.h"
#include "common/shale.h"

struct destination {
	char *base; /* the file's name in its directory; NULL for a stream */
	int dir;
	int stream;          /* descriptor of a pipe or terminal; -1 for a file */
	struct outfile file; /* the file to write to: file.fd, which is seekable */
};

struct export_to {
	int spool;  /* the directory of nameless files, for a stream's content */
	bool force; /* replace any file, not only an archive */
};

/* Opens the destination PATH, which may be a symbolic link: its target is replaced. "-" is standard
 * output. Refuses a terminal (-ENOTTY), and a file that is no archive (-EEXIST; overwrite.h). The
 * content of a stream lies in a nameless file until the commit. */
int destination_open(const char *path, const struct export_to *how, struct destination *ret,
	struct shale_error *err);
/* Makes the file durable and gives it its name. */
int destination_commit(struct destination *destination, struct shale_error *err);
void destination_close(struct destination *destination);
