/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens the files of a layer in the order in which the record of its stream names them. */
#pragma once

#include <stdint.h>

struct stream_files {
	int root;   /* the layer's root; the caller's */
	int parent; /* directory of the last file, or -1 */
	char *path; /* path of that directory */
};

/* Opens the regular file PATH below the root for reading. Follows no link, and never blocks on a
 * device or a pipe. */
int stream_files_open(
	struct stream_files *files, const char *path, uint64_t *ret_ino, uint64_t *ret_size);
void stream_files_close(struct stream_files *files);
