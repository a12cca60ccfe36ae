/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the kind of image at a path that the user gave without its kind. */
#pragma once

#include "common/image/blobs/blobs.h"
#include "common/image/reference.h"

/*
 * Opens PATH ("-": standard input): an OCI layout in a directory, an OCI or docker archive, plain
 * or compressed, or else a root filesystem tar. An archive that is both, as newer dockers write it,
 * is read as a docker archive, because its names are complete. -EINVAL: a directory that is no
 * layout.
 */
int detect_open(const char *path, int spool, struct blobs **ret, enum reference_kind *ret_kind,
	struct shale_error *err);
