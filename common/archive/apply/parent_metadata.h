/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owner, mode, times and xattrs for directories that the stream has no entry for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/archive/apply/apply_spec.h"
#include "common/archive/apply/lower_tree.h"

/* Metadata to set on a directory when everything is unpacked. */
struct dir_metadata {
	struct timespec times[2];
	char *acl; /* the default ACL, which the caller frees; NULL: none */
	size_t acl_size;
};

/* Remembers, before the first file is unpacked, the metadata that the root gets at the end: those
 * of the root of the layers below; without layers below, a date of 1970. */
int root_metadata_take(const struct apply_spec *spec, struct dir_metadata *ret);

/* Gives the new directory NAME in DIRFD, PATH in the layer, the owner, mode and xattrs that the
 * layers below show for PATH. A copy-up would do the same: a mount shows the topmost directory's
 * metadata, and the stream asks for no change. If the layers below do not have PATH, or
 * BELOW_COUNTS is false: 0755, 0:0, dated 1970. */
int copy_parent_metadata(struct lower_tree *below, int dirfd, const char *name, const char *path,
	bool below_counts, struct dir_metadata *ret, struct shale_error *err);
