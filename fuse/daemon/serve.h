/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount's life: from options to a session that serves it until it is unmounted. */
#pragma once

#include "fuse/daemon/options.h"

/* Mounts at TARGET, calls MOUNTED once users can work there, and serves; returns after the unmount.
 */
struct serve_run {
	const struct daemon_options *options;
	const char *target;
	bool debug;
	void (*mounted)(void *arg);
	void (*no_index)(void *arg, const char *why); /* index=on was asked for, and is left out */
	/* The process is killed after that many seconds of work: the caller's limit cannot be
	 * lifted. */
	void (*limited)(void *arg, unsigned long seconds);
	void *arg;
};
int serve_run(const struct serve_run *serve, struct shale_error *err);
