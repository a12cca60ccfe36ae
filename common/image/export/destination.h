/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file or pipe to which the user exports. A regular file is replaced as a whole, when the new
 * one is complete. */
#pragma once

#include "common/image/outfile.h"
#include "common/shale.h"

struct destination {
	char *base; /* name of the file in its directory; NULL for a pipe or terminal */
	int dir;
	int stream;          /* descriptor of a pipe or terminal; -1 for a file */
	struct outfile file; /* the file that the export writes, file.fd; it is always seekable */
};

struct export_to {
	int spool;  /* for a pipe: the directory of the nameless file with the content */
	bool force; /* replace any file, not only an archive */
};

/* Opens the destination PATH. If PATH is a symbolic link, its target is replaced. "-" is standard
 * output. Refuses a terminal (-ENOTTY), and a file that is no archive (-EEXIST; overwrite.h). For a
 * pipe the content goes to a nameless file until the commit. */
int destination_open(const char *path, const struct export_to *how, struct destination *ret,
	struct shale_error *err);
/* Writes the file to the disk and gives it its name; for a pipe, writes the content to it. */
int destination_commit(struct destination *destination, struct shale_error *err);
void destination_close(struct destination *destination);
