/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes a file's data to the disk before the file gets its name, so that no power cut leaves an
 * empty file where a lower layer has a whole one. A journalled filesystem needs no full sync:
 * changes of metadata reach the disk in their order. So if the data were written out before the
 * name was made, they are on the disk whenever the name is.
 */
#pragma once

enum sync_mode {
	SYNC_MODE_NOT, /* mount option volatile: no sync */
	/* Ext4 with a journal, and xfs: write the data out, but flush no cache of the disk. */
	SYNC_MODE_WRITE_OUT,
	SYNC_MODE_DATA, /* btrfs: a file that shares blocks needs no sync */
	SYNC_MODE_ALL,  /* any other filesystem: a sync for each file */
};
/* Returns the mode for the filesystem of FD (O_PATH will do). */
enum sync_mode sync_mode_of(int fd);

enum copy_kind {
	COPIED_NOTHING, /* metadata alone */
	COPIED_SHARED,  /* blocks are shared (reflink) */
	COPIED_DATA,
};
/* Brings the data of FD to the disk. FD must be open for writing. COPIED is the result of the copy,
 * which alone has written to FD. Returns 0 or a negative errno. */
int sync_before_link(int fd, enum sync_mode settling, enum copy_kind copied);
