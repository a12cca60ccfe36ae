/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A FUSE mount. libfuse makes it and unmounts it, since it can do so for any user, and hands over
 * the descriptor. libfuse sees no byte of the protocol. */
#pragma once

#include "fuse/daemon/options.h"

struct mountpoint;

/* Adds the flags of OPTIONS to those that the mount at TARGET has. */
int mountpoint_remount(
	const struct daemon_options *options, const char *target, struct shale_error *err);

/* Mounts at TARGET. Until INIT is answered, every process that uses the mount waits. */
int mountpoint_open(const struct daemon_options *options, const char *target,
	struct mountpoint **ret, struct shale_error *err);
/* Takes over the mount at TARGET that an earlier worker has made. DEVICE is its descriptor of
 * /dev/fuse. */
int mountpoint_adopt(
	int device, const char *target, struct mountpoint **ret, struct shale_error *err);
/* Closes DEVICE, unless it is -1, and unmounts TARGET, unless it is unmounted already. */
void mountpoint_take_away(int device, const char *target);
/* Returns the unique id of the mount that TARGET leads to; 0: unknown. Sends no request to the
 * mount: perhaps nobody would answer. */
uint64_t mountpoint_id(const char *target);
/* Closes each descriptor of this process that is open on /dev/fuse, and each socket, since a socket
 * may have received such a descriptor. */
void mountpoint_close_devices(void);
/* Unmounts a mount at TARGET that has no daemon: a process made it, and was killed before it gave
 * the descriptor to the daemon. BEFORE is the mount that TARGET led to before; it stays. */
void mountpoint_take_dead(const char *target, uint64_t before);
/* Returns the descriptor of /dev/fuse; -1 after the unmount. */
int mountpoint_fd(const struct mountpoint *mountpoint);
/* Unmounts and closes the descriptor, unless that is done already. */
void mountpoint_unmount(struct mountpoint *mountpoint);
/* Unmounts, and frees MOUNTPOINT, which may be NULL. */
void mountpoint_close(struct mountpoint *mountpoint);
