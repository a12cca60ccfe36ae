/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The unix socket of a service: the one that systemd passes, or one that it makes itself. */
#pragma once

#include <sys/stat.h>

#include "common/shale.h"

struct listener {
	int fd;
	char *path; /* path of a socket that we made; NULL: systemd made it */
	dev_t dev;
	ino_t ino;
};

/* Listens at PATH, for the caller's user only, and makes the directories above it. A socket in
 * LISTEN_FDS (sd_listen_fds(3)) is used instead. Replaces the socket of a killed process;
 * -EADDRINUSE: another process listens there. Call it before any thread is started. */
int listener_open(const char *path, struct listener *ret, struct shale_error *err);
/* Closes the socket; removes it if we made it. */
void listener_close(struct listener *listener);
