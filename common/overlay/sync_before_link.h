/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes a file's data to the disk before its name is made, so that no power cut leaves an empty
 * file where a lower layer has a whole one. On a journalled filesystem a full sync is not needed:
 * changes of metadata reach the disk in their order, so data that were written out before the name
 * was made are on the disk whenever the name is.
 */
#pragma once

enum sync_mode {
	SYNC_MODE_NOT, /* mount option volatile: no sync */
	/* Ext4 with a journal, xfs: data are written out, nothing is flushed. */
	SYNC_MODE_WRITE_OUT,
	SYNC_MODE_DATA, /* btrfs: a file that shares blocks needs no sync */
	SYNC_MODE_ALL,  /* any other filesystem: a sync for each file */
};
/* The mode for the filesystem of FD (O_PATH will do). */
enum sync_mode sync_mode_of(int fd);

enum copy_kind {
	COPIED_NOTHING, /* metadata only */
	COPIED_SHARED,  /* reflinked */
	COPIED_DATA,
};
/* Brings the data of FD to the disk. FD is open for writing, and only the copy that returned COPIED
 * has written to it. 0 or a negative errno. */
int sync_before_link(int fd, enum sync_mode settling, enum copy_kind copied);
