/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A FUSE mount, which libfuse makes and unmounts, as it can for any user. libfuse only gives the
 * descriptor; it sees no byte of the protocol. */
#pragma once

#include "fuse/daemon/options.h"

struct mountpoint;

/* Gives the mount at TARGET the flags of OPTIONS, beside those that it has. */
int mountpoint_remount(
	const struct daemon_options *options, const char *target, struct shale_error *err);

/* Mounts at TARGET; the mount hangs until INIT is answered. */
int mountpoint_open(const struct daemon_options *options, const char *target,
	struct mountpoint **ret, struct shale_error *err);
/* The mount at TARGET that an earlier worker has made, with the device's descriptor. */
int mountpoint_adopt(
	int device, const char *target, struct mountpoint **ret, struct shale_error *err);
/* Closes DEVICE (-1: none), and unmounts TARGET unless that was done already. */
void mountpoint_take_away(int device, const char *target);
/* The device's descriptor; -1 after the unmount. */
int mountpoint_fd(const struct mountpoint *mountpoint);
/* Unmounts and closes the descriptor, unless that has happened already. */
void mountpoint_unmount(struct mountpoint *mountpoint);
/* Unmounts, and frees MOUNTPOINT, which may be NULL. */
void mountpoint_close(struct mountpoint *mountpoint);
