/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the name, target, owner, times and device number of a tar entry as Go's archive/tar does.
 * libarchive differs from Go in these rules of Go:
 * - a GNU long name counts more than an extended header, wherever it stands;
 * - an empty record of an extended header says nothing, and the entry's own header counts;
 * - of several extended headers only the last one counts;
 * - a time before 1970 may have a fraction ("-0.25");
 * - only a header's own field gives a device number;
 * - a type of '0' is a file, even if the name ends with a slash;
 * - a link's target may be in the extended header alone.
 */
#pragma once

#include <archive_entry.h>

#include "common/archive/apply/tar_headers.h"

/* Corrects the fields of ENTRY. Returns 0; -EBADMSG if a record that must be a number or a time
 * is none, since Go's reader refuses it, too; or -ENOMEM. */
int entry_fields_read(const struct entry_headers *headers, struct archive_entry *entry);
