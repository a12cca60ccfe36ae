/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the xattrs of a tar entry as engines and GNU tar do: from the records
 * "SCHILY.xattr.NAME", of which the last for a name counts. libarchive also reads other records,
 * such as "LIBARCHIVE.xattr.", which are ignored here: an image must be the same to shale as to
 * a Go program that scans it. restore_metadata.c decides which xattrs a layer keeps. */
#pragma once

#include <archive_entry.h>

#include "common/archive/apply/tar_headers.h"

/* Replaces ENTRY's xattrs by those of HEADERS. Decodes %XX in names: GNU tar and libarchive
 * write '=', '%' and unprintable bytes so, and Go cannot write a "=" at all. Returns 0 or
 * -ENOMEM. */
int entry_xattrs_read(const struct entry_headers *headers, struct archive_entry *entry);
