/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the file that one tar entry describes: a directory, a file, a link, a node or a
 * whiteout. */
#pragma once

#include <stdbool.h>

#include "common/archive/apply/layer_tree.h"
#include "common/archive/apply/restore_metadata.h"
#include "common/archive/apply/unpack_file.h"
#include "common/archive/apply/unpack_skipped.h"
#include "common/archive/entry_name.h"

struct unpack {
	const struct apply_spec *spec;
	struct restore restore;
	struct layer_tree tree;
	struct unpack_files files;
	struct unpack_skipped skipped;
	bool has_root_entry; /* the stream had an entry for the root */
};

/* Makes the file of ENTRY; NAME is no whiteout. Replaces an older file of that name; a directory
 * keeps its contents. */
int unpack_entry(struct unpack *unpack, const struct entry_name *name, struct archive_entry *entry,
	struct shale_error *err);
/* Sets the root directory's own metadata. */
int unpack_root(struct unpack *unpack, struct archive_entry *entry, struct shale_error *err);
