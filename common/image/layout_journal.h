/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DIR/.shale-export, which says what an export is adding to the OCI layout DIR, so that the next
 * one takes it away if this one is killed before the layout's index names it. */
#pragma once

#include <stddef.h>

#include "common/image/outfile.h"
#include "common/shale.h"

struct layout_journal {
	int dir; /* the layout; the caller's */
	struct outfile file;
};
#define LAYOUT_JOURNAL_NONE ((struct layout_journal){ .dir = -1, .file.fd = -1 })

/* Notes, durably, which of NAMES ("blobs/sha256/...", "oci-layout") are not in DIR yet. */
int layout_journal_begin(int dir, const char *const *names, size_t n, struct layout_journal *ret,
	struct shale_error *err);
/* Closes the journal and keeps its entries. */
void layout_journal_end(struct layout_journal *journal);
/* Takes away what an unfinished export added; nothing if there was none, or if the index has been
 * changed since: whoever did that may need it. */
int layout_journal_undo(int dir, struct shale_error *err);

/* The directory that NAME of layout DIR lies in, made if MAKE says so, and the last part of NAME,
 * borrowed. No link is followed, which would lead the blobs to wherever whoever can write here
 * likes. */
int layout_open_parent(int dir, const char *name, bool make, const char **ret_base);
