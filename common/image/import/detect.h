/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the kind of an image if the user gave only its path. */
#pragma once

#include "common/image/blobs/blobs.h"
#include "common/image/reference.h"

/* Opens PATH ("-": standard input): an OCI layout in a directory, an OCI or docker archive, plain
 * or compressed, or else a root filesystem tar. An archive that is both OCI and docker, as newer
 * dockers write it, is read as a docker archive, because its names are complete there. Returns
 * -EINVAL for a directory that is no layout. */
int detect_open(const char *path, int spool, struct blobs **ret, enum reference_kind *ret_kind,
	struct shale_error *err);
