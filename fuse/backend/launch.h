/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting the program shale-fuse for one mount, and seeing it end. */
#pragma once

#include "common/backend.h"

/* The path of shale-fuse: $SHALE_FUSE, or the one beside the running program, or the installed one;
 * else the bare name, to be found in PATH. RET must be "" before. */
void daemon_program(char *ret, size_t size);

/* Returns once the tree is there; ERR gets the program's own words where it fails. */
int daemon_start(const struct mount_spec *spec, struct shale_error *err);

/* A pidfd of the daemon, or -1: none is seen. */
int daemon_of_mount(const struct mounted *mounted);
/* Waits a few seconds for the daemon's end; false if it lives on. Where that cannot be told it
 * counts as ended: its mount is gone. */
bool daemon_wait_end(const struct mounted *mounted);
