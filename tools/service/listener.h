/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The unix socket of a service: the one that systemd passes, or one that the service makes
 * itself. */
#pragma once

#include <sys/stat.h>

#include "common/shale.h"

struct listener {
	int fd;
	char *path; /* path of a socket that the service made; NULL: systemd made it */
	dev_t dev;
	ino_t ino;
};

/* Listens at PATH, for the caller's user only, and makes the directories above it. Uses a socket in
 * LISTEN_FDS (sd_listen_fds(3)) instead if there is one. Replaces the socket of a killed process;
 * returns -EADDRINUSE if another process listens there. Call it before any thread is started. */
int listener_open(const char *path, struct listener *ret, struct shale_error *err);
/* Closes the socket, and removes it if the service made it. */
void listener_close(struct listener *listener);
