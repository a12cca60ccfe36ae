/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Data on disk before the name that leads to them, so that no power cut leaves an empty file where
 * a lower layer had a whole one. A sync for each file would do, and on a journalled filesystem
 * less: what changes metadata reaches the disk in the order in which it was done, so that data
 * which have been written out before the name is made are there whenever the name is.
 */
#pragma once

enum shale_settling {
	SHALE_SETTLE_NOT,       /* volatile */
	SHALE_SETTLE_WRITE_OUT, /* ext4 with a journal, xfs: data are written, nothing is flushed */
	SHALE_SETTLE_DATA,      /* btrfs: what shares its data with another file needs nothing */
	SHALE_SETTLE_ALL,       /* any other: a sync for each file */
};
/* What the filesystem of FD, which may be O_PATH, needs. */
enum shale_settling shale_settling_of(int fd);

enum shale_copied {
	SHALE_COPIED_NOTHING, /* metadata only */
	SHALE_COPIED_SHARED,  /* reflinked */
	SHALE_COPIED_DATA,
};
/* Of FD, open for writing, to which nothing has been written but what COPIED says. 0 or a negative
 * errno. */
int shale_settle(int fd, enum shale_settling settling, enum shale_copied copied);
