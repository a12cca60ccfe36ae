/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting the program shale-fuse for one mount, and seeing it end. */
#pragma once

#include "common/backend.h"

/* $SHALE_FUSE, or the one that belongs to the running program, or the installed one; or the bare
 * name, of any in PATH. RET is "" before. */
void daemon_program(char *ret, size_t size);

/* Returns once the tree is there; what the program had to say otherwise is in ERR. */
int daemon_start(const struct mount_spec *spec, struct shale_error *err);

/* A pidfd of the daemon, or -1: none is seen. */
int daemon_of_mount(const struct mounted *mounted);
/* Waits for its end, at most a few seconds; false if it lives on. What cannot be told counts as
 * ended: its mount is gone. */
bool daemon_ended(const struct mounted *mounted);
