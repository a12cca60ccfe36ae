/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Freezes the upper layer of a mount in use: it becomes the topmost lower layer, and an empty one
 * takes its place. No node changes its number. A file without a name lies in no layer, and is
 * written to as before. Whatever else lay in the upper layer is copied up before its next change.
 *
 * The caller of the mount has made the directory "snapshot" with a file "intent" in the work
 * directory. There the new layer and its work directory are made, "upper" and "work", and the
 * rename of "intent" to "committed" takes the snapshot.
 */
#pragma once

#include <stdint.h>

struct fs;
struct kept_state;

struct snapshot {
	int dir;             /* "snapshot" */
	int work, work_lock; /* of the new upper layer */
	int old_work, old_lock;
	struct quota *quota; /* the new upper layer's, and then the old one's */
};
#define SNAPSHOT_NONE                                                                              \
	((struct snapshot){                                                                        \
		.dir = -1, .work = -1, .work_lock = -1, .old_work = -1, .old_lock = -1 })

/* While requests are served: makes what takes time. 0 or a negative errno with nothing changed: see
 * fuse/mount_snapshot.h. */
int snapshot_prepare(struct fs *fs, struct snapshot *snapshot);
/* While no request is served: takes the snapshot for the request UNIQUE. 0, or the same. */
int snapshot_take(struct fs *fs, struct snapshot *snapshot, uint64_t unique);
/* While requests are served: brings a snapshot that was taken to the disk. 0 or a negative
 * errno. */
int snapshot_sync(const struct snapshot *snapshot);
void snapshot_close(struct snapshot *snapshot);

/* Makes the rest of a snapshot that an earlier worker has taken, before its table is taken over. */
void snapshot_complete(struct kept_state *kept);
