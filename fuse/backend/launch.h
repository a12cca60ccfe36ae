/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts the program shale-fuse for one mount, and waits for its end. */
#pragma once

#include "common/backend.h"

/* The path of shale-fuse: $SHALE_FUSE, or the one beside the running program, or the installed one;
 * else the bare name, to be found in PATH. RET must be "" before the call. */
void daemon_program(char *ret, size_t size);

/* Returns when the mount exists; if it fails, ERR gets the program's own words. */
int daemon_start(const struct mount_spec *spec, struct shale_error *err);

/* A pidfd of the daemon; -1 if this process cannot see one. */
int daemon_of_mount(const struct mounted *mounted);
/* Waits ten seconds (DAEMON_WAIT_MOST) for the daemon's end; false if it still lives. If that
 * cannot be told, the daemon counts as ended, since its mount is gone. */
bool daemon_wait_end(const struct mounted *mounted);
