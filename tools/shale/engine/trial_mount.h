/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes trial mounts, as the engines would make them. */
#pragma once

#include "tools/shale/cli.h"

/* Mounts a new writable layer of the store on another one, writes to it, and removes both. Returns
 * 0, or a negative errno with words in CLI->err. */
int trial_store(struct cli *cli);
/* Runs PROGRAM, shale-fuse, as podman does with its mount_program, on a directory below BELOW,
 * which it removes at the end. Returns 0, or a negative errno with words in ERR. */
int trial_mount_program(const char *program, const char *below, struct shale_error *err);
