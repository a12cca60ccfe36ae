/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metadata of directories that a stream passes through without an entry for them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/archive/apply/apply_spec.h"
#include "common/archive/apply/lower_tree.h"

/* Set on a directory when everything is unpacked. */
struct dir_metadata {
	struct timespec times[2];
	char *acl; /* the default ACL; NULL without one; the caller's */
	size_t acl_size;
};

/* Saves the root's metadata before the first file is unpacked: those of the layers below, or a date
 * of 1970 without any. */
int root_metadata_take(const struct apply_spec *spec, struct dir_metadata *ret);

/* Gives the new directory NAME in DIRFD, PATH in the layer, the owner, mode and xattrs that the
 * layers below show there, as a copy-up would: a mount shows the topmost directory's, and the
 * stream asks for no change. If they have none, or BELOW_COUNTS is false: 0755, 0:0, dated 1970. */
int copy_parent_metadata(struct lower_tree *below, int dirfd, const char *name, const char *path,
	bool below_counts, struct dir_metadata *ret, struct shale_error *err);
