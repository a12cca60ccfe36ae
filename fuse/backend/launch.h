/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts the program shale-fuse for one mount, and waits for its end. */
#pragma once

#include "common/backend.h"

/* Puts the path of shale-fuse into RET: $SHALE_FUSE, or the one beside the running program, or the
 * installed one; else the bare name, which is looked up in PATH. RET must be "" before the call. */
void daemon_program(char *ret, size_t size);

/* Starts the daemon, and returns when the mount exists. If the daemon fails, ERR gets the messages
 * that it printed. */
int daemon_start(const struct mount_spec *spec, struct shale_error *err);

/* Returns a pidfd of the mount's daemon, or -1 if this process cannot see the daemon. */
int daemon_of_mount(const struct mounted *mounted);
/* Waits up to ten seconds (DAEMON_END_MS) for the daemon's end. Returns false if it still lives.
 * A daemon that this process cannot see counts as ended, since its mount is gone. */
bool daemon_wait_end(const struct mounted *mounted);
