/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Freezes the upper layer of a mount in use: it becomes the topmost lower layer, and a new, empty
 * upper layer is put above it. Inode numbers stay. An open file without a name is in no layer, and
 * is written to as before. All other files of the frozen layer are copied up before their next
 * change.
 *
 * The process that asks for the snapshot has made the directory "snapshot" with a file "intent" in
 * the work directory. There the daemon makes the new layer "upper" and its work directory "work";
 * the rename of "intent" to "committed" is the snapshot. */
#pragma once

#include <stdint.h>

struct fs;
struct kept_state;

struct snapshot {
	int dir;             /* the directory "snapshot" */
	int work, work_lock; /* the new layer's directory "work", and the lock of its work directory
			      */
	int old_work, old_lock;
	/* The quota of the new layer; after the snapshot, that of the old one. */
	struct quota *quota;
};
#define SNAPSHOT_NONE                                                                              \
	((struct snapshot){                                                                        \
		.dir = -1, .work = -1, .work_lock = -1, .old_work = -1, .old_lock = -1 })

/* First step, while requests are served: makes everything that takes time. Returns 0, or a negative
 * errno of fuse/mount_snapshot.h, with nothing changed. */
int snapshot_prepare(struct fs *fs, struct snapshot *snapshot);
/* Second step, while no request is served: takes the snapshot for the request UNIQUE. Returns 0, or
 * a negative errno of fuse/mount_snapshot.h. */
int snapshot_take(struct fs *fs, struct snapshot *snapshot, uint64_t unique);
/* Last step, while requests are served: syncs the snapshot to the disk. Returns 0 or a negative
 * errno. */
int snapshot_sync(const struct snapshot *snapshot);
void snapshot_close(struct snapshot *snapshot);

/* If an earlier worker died while it took a snapshot, finishes it. Call it before that worker's
 * table is taken over. */
void snapshot_complete(struct kept_state *kept);
