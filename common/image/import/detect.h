/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out what kind of image a path holds, if the user does not say. */
#pragma once

#include "common/image/blobs/blobs.h"
#include "common/image/reference.h"

/* Opens PATH ("-": standard input). It may be the directory of an OCI layout; an OCI or docker
 * archive, plain or compressed; else it is a tar of a root filesystem. New versions of docker write
 * archives that are both OCI and docker: they are read as docker archives, because their names are
 * complete there. Returns -EINVAL for a directory that is no layout. */
int detect_open(const char *path, int spool, struct blobs **ret, enum reference_kind *ret_kind,
	struct shale_error *err);
