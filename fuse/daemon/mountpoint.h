/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A FUSE mount, made and unmounted by libfuse, which can do both for any user. It gives the
 * descriptor and does nothing else: no byte of the protocol passes through it. */
#pragma once

#include "fuse/daemon/options.h"

struct mountpoint;

/* Mounts at TARGET; nothing is answered there before INIT is. */
int mountpoint_open(const struct daemon_options *options, const char *target,
	struct mountpoint **ret, struct shale_error *err);
/* The device's descriptor; -1 after the unmount. */
int mountpoint_fd(const struct mountpoint *mountpoint);
/* Unmounts and closes the descriptor, if that has not happened yet. */
void mountpoint_unmount(struct mountpoint *mountpoint);
/* Unmounts, and frees. NULL is allowed. */
void mountpoint_close(struct mountpoint *mountpoint);
