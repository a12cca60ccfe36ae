/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out what kind of image a path holds that the user named without its kind. */
#pragma once

#include "common/image/blobs/blobs.h"
#include "common/image/reference.h"

/*
 * Opens PATH ("-": standard input): an OCI layout in a directory, an OCI or docker archive, plain
 * or compressed, or else a root filesystem tar. Of an archive that is both, as newer dockers write
 * it, the docker archive counts, because its names are whole. -EINVAL: a directory of something
 * else.
 */
int detect_open(const char *path, int spool, struct blobs **ret, enum reference_kind *ret_kind,
	struct shale_error *err);
