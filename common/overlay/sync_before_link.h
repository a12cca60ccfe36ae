/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Data on disk before the name that leads to them, so that no power cut leaves an empty file where
 * a lower layer had a whole one. A sync for each file would do, and on a journalled filesystem
 * less: what changes metadata reaches the disk in the order in which it was done, so that data
 * which have been written out before the name is made are there whenever the name is.
 */
#pragma once

enum sync_mode {
	SYNC_MODE_NOT,       /* volatile */
	SYNC_MODE_WRITE_OUT, /* ext4 with a journal, xfs: data are written, nothing is flushed */
	SYNC_MODE_DATA,      /* btrfs: what shares its data with another file needs nothing */
	SYNC_MODE_ALL,       /* any other: a sync for each file */
};
/* The mode that the filesystem of FD (O_PATH will do) needs. */
enum sync_mode sync_mode_of(int fd);

enum copy_kind {
	COPIED_NOTHING, /* metadata only */
	COPIED_SHARED,  /* reflinked */
	COPIED_DATA,
};
/* Of FD, open for writing, to which nothing has been written but what COPIED says. 0 or a negative
 * errno. */
int sync_before_link(int fd, enum sync_mode settling, enum copy_kind copied);
