/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The unix socket that a service listens on: the one that systemd hands it, or one of its own. */
#pragma once

#include <sys/stat.h>

#include "common/shale.h"

struct listener {
	int fd;
	char *path; /* of a socket of our own; NULL: somebody else's */
	dev_t dev;
	ino_t ino;
};

/* Listens at PATH, for the caller's user only, and makes the directories above it; with a socket in
 * LISTEN_FDS (sd_listen_fds(3)) that one is taken. What a killed process left at PATH is replaced;
 * -EADDRINUSE: another process listens there. To be called before there are threads. */
int listener_open(const char *path, struct listener *ret, struct shale_error *err);
/* A socket of our own goes away. */
void listener_close(struct listener *listener);
