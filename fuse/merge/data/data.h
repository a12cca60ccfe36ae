/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes the data of regular files, by node. */
#pragma once

#include "fuse/merge/fs.h"

/* Reads up to SIZE bytes. Returns the number of bytes read, which is smaller only at the end of the
 * file, or a negative errno. */
ssize_t fs_read(struct fs *fs, uint32_t node, char *buf, size_t size, off_t offset);
/* Writes SIZE bytes, and returns how many were written. KILL is the caller if the write must clear
 * setuid, setgid and capabilities; else NULL. */
ssize_t fs_write(struct fs *fs, uint32_t node, const char *buf, size_t size, off_t offset,
	const struct caller *kill);
/* Writes pages that the kernel has cached. Nobody knows which user wrote them, so setuid, setgid
 * and capabilities stay. */
ssize_t fs_write_kept(struct fs *fs, uint32_t node, const char *buf, size_t size, off_t offset);
/* Works like fallocate(2), whose MODE it takes. */
int fs_fallocate(struct fs *fs, uint32_t node, int mode, off_t offset, off_t length,
	const struct caller *kill);
/* Works like lseek(2); WHENCE is SEEK_DATA or SEEK_HOLE. */
off_t fs_seek(struct fs *fs, uint32_t node, off_t offset, int whence);

struct copy_range {
	uint32_t from, to; /* nodes of the source and of the target */
	off_t from_offset, to_offset;
	size_t size;
	const struct caller *kill;
};
ssize_t fs_copy_range(struct fs *fs, const struct copy_range *range);
