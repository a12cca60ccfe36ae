/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The xattrs of a tar entry, as engines and GNU tar read them: the records "SCHILY.xattr.NAME", of
 * several for one name the last. What libarchive has of other records, such as "LIBARCHIVE.xattr.",
 * does not count: an image that is scanned by a Go program must not be another one here. Which of
 * them a layer keeps is decided in restore_metadata.c.
 */
#pragma once

#include <archive_entry.h>

#include "common/archive/apply/tar_headers.h"

/* Gives ENTRY, whose headers take the bytes from FROM to TO of the stream, these xattrs in place of
 * those that it has. Names are as on the disk: GNU tar and libarchive write odd bytes ('=', '%',
 * what is not printable) as %XX, and Go cannot write a "=". -ENOMEM. */
int entry_xattrs_read(
	struct headers *headers, uint64_t from, uint64_t to, struct archive_entry *entry);
