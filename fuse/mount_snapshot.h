/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Freezes the upper layer of a mount in use: an ioctl of any of its directories, for root and the
 * user who mounted. It names no path, since root of a container may send it too. The caller first
 * makes the directory "snapshot" with the file "intent" in the mount's work directory.
 *
 * There the daemon makes "work" and "upper", an empty copy of the upper layer's root. It renames
 * "intent" to "committed", which is the snapshot, and goes on with these two; the old upper layer
 * is the topmost lower one from then on. The daemon holds all of them by descriptors, so the caller
 * may move them. It keeps the lock of the old work directory until the next snapshot.
 *
 * The file "committed" alone tells whether the snapshot was taken, also after a timeout. It was not
 * taken after these errors. ENOENT: nothing is prepared. EEXIST: "committed" is there already.
 * EROFS: there is no upper layer. EOPNOTSUPP: the mount has an index, or its upper filesystem lacks
 * xattrs, links or stable inode numbers. EMFILE: the mount has as many layers as it can have.
 * EBUSY: requests took too long, or too many removed files are open. EMLINK: a file has been
 * looked up by several names, of which only one would be copied up; names that were not looked up
 * are not searched for. EPERM: the caller is neither root nor the user who mounted.
 */
#pragma once

#include <stdint.h>
#include <sys/ioctl.h>

struct mount_snapshot {
	uint64_t pause; /* ns: how long no request was served */
	uint32_t lowers, lowers_most;
};

#define MOUNT_SNAPSHOT _IOR('s', 0x6b, struct mount_snapshot)
