/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DIR/.shale-export lists the files that an export is adding to the OCI layout DIR. If the export
 * is killed before the layout's index names them, the next export removes them. */
#pragma once

#include <stddef.h>

#include "common/image/outfile.h"
#include "common/shale.h"

struct layout_journal {
	int dir; /* the layout; the caller's */
	struct outfile file;
};
#define LAYOUT_JOURNAL_NONE ((struct layout_journal){ .dir = -1, .file.fd = -1 })

/* Notes durably which of NAMES ("blobs/sha256/...", "oci-layout") do not exist in DIR yet. */
int layout_journal_begin(int dir, const char *const *names, size_t n, struct layout_journal *ret,
	struct shale_error *err);
/* Closes the journal file, which stays in DIR with its entries. */
void layout_journal_end(struct layout_journal *journal);
/* Removes the files that an unfinished export has added. If the index has changed since, removes
 * nothing, because another program may need them. */
int layout_journal_undo(int dir, struct shale_error *err);

/* Opens the directory of NAME in the layout DIR; with MAKE, makes it if it is missing. *RET_BASE is
 * the last component of NAME. Follows no symbolic link: another user who may write here could lead
 * the blobs elsewhere. */
int layout_open_parent(int dir, const char *name, bool make, const char **ret_base);
