/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A FUSE mount. libfuse makes and unmounts it, as it can for any user, and gives its descriptor; it
 * sees no byte of the protocol. */
#pragma once

#include "fuse/daemon/options.h"

struct mountpoint;

/* Adds the flags of OPTIONS to those that the mount at TARGET has. */
int mountpoint_remount(
	const struct daemon_options *options, const char *target, struct shale_error *err);

/* Mounts at TARGET. Until INIT is answered, every access to the mount waits. */
int mountpoint_open(const struct daemon_options *options, const char *target,
	struct mountpoint **ret, struct shale_error *err);
/* Adopts the mount at TARGET that an earlier worker has made. DEVICE is its descriptor of
 * /dev/fuse. */
int mountpoint_adopt(
	int device, const char *target, struct mountpoint **ret, struct shale_error *err);
/* Closes DEVICE unless it is -1, and unmounts TARGET unless that was done already. */
void mountpoint_take_away(int device, const char *target);
/* Returns the unique id of the mount that TARGET leads to; 0: unknown. Sends no request, which
 * nobody might answer yet. */
uint64_t mountpoint_id(const char *target);
/* Closes each descriptor of /dev/fuse that this process has, and each socket, which may have
 * received one. */
void mountpoint_close_devices(void);
/* Takes away a mount at TARGET that has no daemon: one that was made after the mount BEFORE was
 * seen there, by a process that was killed before it had given its descriptor to the daemon. */
void mountpoint_take_dead(const char *target, uint64_t before);
/* Returns the descriptor of /dev/fuse; -1 after the unmount. */
int mountpoint_fd(const struct mountpoint *mountpoint);
/* Unmounts and closes the descriptor, unless that was done already. */
void mountpoint_unmount(struct mountpoint *mountpoint);
/* Unmounts, and frees MOUNTPOINT, which may be NULL. */
void mountpoint_close(struct mountpoint *mountpoint);
